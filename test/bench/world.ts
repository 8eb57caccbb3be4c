/** What the bench runs in: a project of its own, below this clone's `.ratchet`, on the embedded stack. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workerCommand } from '#cli/kit/project.ts';
import { type Stack, startStack, stopStack } from '#stack/stack.ts';

export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const root = join(repository, '.ratchet', 'bench');

/** An empty project with the bench's pipelines and the flagship. Python environments are shared with the clone. */
export async function makeProject(): Promise<void> {
  process.env.RATCHET_HOME ??= join(repository, '.ratchet');
  process.env.RATCHET_ROOT = root;
  await stopStack(root);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, 'pipelines'), { recursive: true });
  cpSync(fileURLToPath(new URL('./pipelines', import.meta.url)), join(root, 'pipelines'), { recursive: true });
  const flagship = 'flight-delays';
  cpSync(join(repository, 'pipelines', flagship), join(root, 'pipelines', flagship), { recursive: true });
}

export interface PartStart {
  part: string;
  /** From the call until the part could be used, ms. */
  readyMs: number;
}

/** What `ratchet dev` does. */
export async function dev(): Promise<{ stack: Stack; readyMs: number; parts: PartStart[] }> {
  const began = performance.now();
  const parts: PartStart[] = [];
  const stack = await startStack({
    root,
    workers: { count: 1, command: workerCommand(), env: { RATCHET_ROOT: root }, announcesReady: true },
    onProgress: (event) => {
      if (event.kind === 'part' && event.state === 'ready')
        parts.push({ part: event.part, readyMs: performance.now() - began });
    },
  });
  return { stack, readyMs: performance.now() - began, parts };
}
