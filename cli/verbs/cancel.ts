import type { Verb } from '../verbs.ts';

export const cancel: Verb = (program) => {
  program
    .command('cancel')
    .summary('stop a run: its trainer is ended, its `always` nodes still run')
    .argument('<run>', 'run id, as `ratchet runs` prints it')
    .option('--json', 'print one JSON object')
    .action(async (run: string, options: { json?: boolean }) => {
      const [{ withSession }, { cancelRun }, { fullRunId, readRun }, { createOutput }] = await Promise.all([
        import('../session.ts'),
        import('#adapters/temporal/runs.ts'),
        import('../run-reader.ts'),
        import('../output.ts'),
      ]);
      const out = createOutput(options.json ?? false);
      await withSession(async (session) => {
        const found = await readRun(session, run);
        if (found.kind === 'ended') {
          out.object({ runId: found.record.run.id, cancelled: false, status: found.record.result.status });
          out.print(`${found.record.run.id} has ended already: ${found.record.result.status}.`);
          return;
        }
        const { client } = await session.temporal();
        await cancelRun(client, fullRunId(run));
        out.object({ runId: fullRunId(run), cancelled: true });
        out.print(`Asked ${fullRunId(run)} to stop; \`ratchet show\` tells when it has.`);
      });
    });
};
