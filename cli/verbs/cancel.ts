import type { Verb } from '../verbs.ts';

export const cancel: Verb = (program) => {
  program
    .command('cancel')
    .summary('stop a run: its trainer is ended, its `always` nodes still run')
    .argument('<run>', 'run id, as `ratchet runs` prints it')
    .option('--json', 'print one JSON object')
    .action(async (run: string, options: { json?: boolean }) => {
      const [{ withSession }, { cancelRun }, { readRun }, { createOutput }] = await Promise.all([
        import('../session.ts'),
        import('#adapters/temporal/runs.ts'),
        import('../run-reader.ts'),
        import('../output.ts'),
      ]);
      const out = createOutput(options.json ?? false);
      await withSession(async (session) => {
        const found = await readRun(session, run);
        if (found.kind !== 'live') {
          const { runId, status } = found.kind === 'ended' ? found.record.result : found.result;
          out.object({ runId, cancelled: false, status });
          out.print(`${runId} has ended already: ${status}.`);
          return;
        }
        const { client } = await session.temporal();
        await cancelRun(client, found.runId);
        out.object({ runId: found.runId, cancelled: true });
        out.print(`Asked ${found.runId} to stop; \`ratchet show\` tells when it has.`);
      });
    });
};
