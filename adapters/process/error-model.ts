/** The port `ErrorModel` on estimate_errors.py: LightGBM in a Python environment of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { ErrorModel } from '#ports/error-model.ts';
import { inheritedEnvironment } from './job/environment.ts';

/** Its last words on stderr, for the message when it fails. */
const STDERR_KEPT = 2_000;

export interface PythonErrorModelOptions {
  /** Interpreter of the environment; asked for when a model is fitted, because making one takes time. */
  python(): Promise<string>;
  /** Folder that holds estimate_errors.py. */
  readonly trainers: string;
}

export function createErrorModel({ python, trainers }: PythonErrorModelOptions): ErrorModel {
  return {
    expect: async ({ folder, ...problem }, signal) => {
      signal?.throwIfAborted();
      await writeFile(join(folder, 'problem.json'), JSON.stringify(problem));
      const interpreter = await python();
      const child = spawn(interpreter, [join(trainers, 'estimate_errors.py'), folder], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: inheritedEnvironment(process.env, { path: [dirname(interpreter)] }),
      });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString('utf8')).slice(-STDERR_KEPT);
      });
      const kill = () => child.kill('SIGKILL'); // nothing of it needs saving
      signal?.addEventListener('abort', kill, { once: true });
      try {
        const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
        signal?.throwIfAborted();
        if (code !== 0)
          throw new UserError(
            'JobFailed',
            `the model of the error ${killedBy ? `was killed (${killedBy})` : `ended with code ${code}`}: ${said.trim().split('\n').at(-1) || 'it said nothing'}`,
          );
      } finally {
        signal?.removeEventListener('abort', kill);
      }
    },
  };
}
