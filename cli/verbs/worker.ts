import { resolve } from 'node:path';
import type { Verb } from '../kit/verb.ts';

export const worker: Verb = (program) => {
  program
    .command('worker')
    .summary('run one worker in the foreground')
    .description(
      'Runs a worker against the servers that the environment names, or those of `ratchet dev`. SIGTERM drains it: running jobs are left to the next worker.',
    )
    .option(
      '--workflows <file>',
      "serve the workflows of this module instead of Ratchet's: what `child` and `stepsOf` are for",
    )
    .option('--queue <name>', 'task queue of those workflows')
    .action(async (options: { workflows?: string; queue?: string }) => {
      const [{ spawn }, { projectRoot, workerCommand }] = await Promise.all([
        import('node:child_process'),
        import('../kit/project.ts'),
      ]);
      const [command = process.execPath, ...args] = workerCommand();
      const env = {
        ...process.env,
        RATCHET_ROOT: projectRoot(),
        ...(options.workflows ? { RATCHET_WORKFLOWS: resolve(options.workflows) } : {}),
        ...(options.queue ? { RATCHET_QUEUE: options.queue } : {}),
      };
      const child = spawn(command, args, { stdio: 'inherit', env });
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
      process.exitCode = await new Promise<number>((ended) => child.once('exit', (code) => ended(code ?? 1)));
    });
};
