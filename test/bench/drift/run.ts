import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const Answer = z.object({ ms: z.array(z.number()), peakMb: z.number(), answer: z.number() });
export type Answer = z.output<typeof Answer>;

/** A process of its own; its last line is the answer. */
export async function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Answer> {
  const { stdout } = await promisify(execFile)(program, [...args], { env, maxBuffer: 2 ** 26 });
  const line = stdout
    .trim()
    .split('\n')
    .findLast((each) => each.startsWith('{'));
  return Answer.parse(JSON.parse(line ?? '{}'));
}

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export const runOurs = (mode: 'direct' | 'profile' | 'stored', times: number, ...files: string[]): Promise<Answer> =>
  run(process.execPath, [
    '--import',
    tsx,
    fileURLToPath(new URL('./ours.ts', import.meta.url)),
    mode,
    String(times),
    ...files,
  ]);

/** The built command where `npm run build` has made one; the sources through tsx otherwise. */
export function command(): { words: string[]; built: boolean } {
  const built = fileURLToPath(new URL('../../../dist/bin.mjs', import.meta.url));
  const source = fileURLToPath(new URL('../../../cli/bin.mjs', import.meta.url));
  return existsSync(built) ? { words: [built], built: true } : { words: [source], built: false };
}

/** Wall milliseconds of `ratchet …`, its start included; exit code 3 is an answer, too. */
export async function timeCommand(args: readonly string[]): Promise<number> {
  const from = performance.now();
  await promisify(execFile)(process.execPath, [...command().words, ...args], { maxBuffer: 2 ** 28 }).catch(
    (error: { code?: number | string }) => {
      if (error.code !== 3) throw error;
    },
  );
  return performance.now() - from;
}
