/** One call of a TypeScript step, with what each attempt has of its own: a folder, a log, a seed. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepCall } from '#contracts/run.ts';
import { seedOf } from '../seed.ts';
import { nodeLog } from './node-log.ts';
import type { Performed, RunTypeScript, WorkHooks } from './step-work.ts';

export const newWorkdir = (root: string) => join(root, '.ratchet', 'work', randomUUID());

export async function performTypeScript(
  { root }: { root: string },
  call: StepCall,
  run: RunTypeScript,
  hooks: WorkHooks,
): Promise<Performed> {
  const workdir = newWorkdir(root);
  const attempt = { workdir, log: nodeLog(root, call.run.id, call.node), seed: seedOf(call.step, call.input) };
  return run(call, attempt, hooks).catch(async (error) => {
    // A host removes its step's folder; when it was killed there is nobody else.
    await rm(workdir, { recursive: true, force: true });
    throw error;
  });
}
