import type { Verb } from '../verbs.ts';

export const worker: Verb = (program) => {
  program
    .command('worker')
    .summary('run one worker in the foreground')
    .description(
      'Runs a worker against the servers that the environment names, or those of `ratchet dev`. SIGTERM drains it: running jobs are left to the next worker.',
    )
    .action(async () => {
      const [{ spawn }, { projectRoot, workerCommand }] = await Promise.all([
        import('node:child_process'),
        import('../project.ts'),
      ]);
      const [command = process.execPath, ...args] = workerCommand();
      const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, RATCHET_ROOT: projectRoot() } });
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
      process.exitCode = await new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
    });
};
