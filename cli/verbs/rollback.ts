import { userInfo } from 'node:os';
import type { Verb } from '../verbs.ts';

export const rollback: Verb = (program) => {
  program
    .command('rollback')
    .summary('make the previous champion champion again')
    .description(
      'Moves the alias `champion` of a registered model back to the previous version, or to one that you name.',
    )
    .argument('<model>', 'registered model')
    .option('--to <version>', 'this version instead of the previous one')
    .requiredOption('--reason <text>', 'why, for the ledger')
    .option('--as <name>', 'who decides', userInfo().username)
    .option('--json', 'print one JSON object')
    .action(async (model: string, options: { to?: string; reason: string; as: string; json?: boolean }) => {
      const [{ randomUUID }, { withSession }, { rollback: ask }, { createOutput }] = await Promise.all([
        import('node:crypto'),
        import('../session.ts'),
        import('#adapters/temporal/models.ts'),
        import('../output.ts'),
      ]);
      const out = createOutput(options.json ?? false);
      await withSession(async (session) => {
        const { client } = await session.temporal();
        const request = { by: options.as, reason: options.reason, ...(options.to ? { to: options.to } : {}) };
        const answer = await ask(client, { model, environment: session.environment, asker: randomUUID() }, request);
        out.object(answer);
        out.print(
          `Champion of ${model} is v${answer.champion} again${answer.previous ? `, before it was v${answer.previous}` : ''}.\n  ${session.tracking.page({ model, version: answer.champion })}`,
        );
      });
    });
};
