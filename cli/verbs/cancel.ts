import { userInfo } from 'node:os';
import type { Verb } from '../kit/verb.ts';

export const cancel: Verb = (program) => {
  program
    .command('cancel')
    .summary('stop a run: its trainer is ended, its `always` nodes still run')
    .description(
      'Asks the run to stop. One whose workflow task fails again and again cannot hear that: it is ended by force, and its record written.',
    )
    .argument('<run>', 'run id, as `ratchet runs` prints it')
    .option('--as <name>', 'who asks', userInfo().username)
    .option('--json', 'print one JSON object')
    .action(async (run: string, options: { as: string; json?: boolean }) => {
      const [{ withSession }, { cancelRun }, { readRun }, { createOutput }, { failingInWords }] = await Promise.all([
        import('../kit/session.ts'),
        import('#adapters/temporal/runs.ts'),
        import('../kit/runs/reader.ts'),
        import('../kit/output.ts'),
        import('#contracts/failing-task.ts'),
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
        const failing = await cancelRun(client, found.runId, options.as);
        if (failing?.workflow === found.runId) {
          // Its record is written by reading it, now, and not when somebody asks.
          await readRun(session, found.runId);
          out.object({ runId: found.runId, cancelled: true, endedByForce: true, failing });
          out.print(
            `Ended ${found.runId} by force, as ${failingInWords(failing)}.\nIts \`always\` nodes did not run; its trainer, if it has one, is ended within ten minutes. To go on from what it did: ratchet retry ${found.runId}`,
          );
          return;
        }
        out.object({ runId: found.runId, cancelled: true, ...(failing ? { failing } : {}) });
        out.print(`Asked ${found.runId} to stop; \`ratchet show\` tells when it has.`);
        if (failing) out.print(`Ended ${failing.workflow} by force, as ${failingInWords(failing)}.`);
      });
    });
};
