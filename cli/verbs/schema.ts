import type { Verb } from '../kit/verb.ts';

export const schema: Verb = (program) => {
  program
    .command('schema')
    .summary("print the JSON Schema of a pipeline's params")
    .description(
      'Prints what a run of the pipeline takes as input, as JSON Schema, for callers in other languages.\n' +
        'The store holds the same under schemas/<pipeline>.json.',
    )
    .argument('<pipeline>', 'a folder of pipelines/')
    .action(async (pipeline: string) => {
      const [{ withSession }, { createOutput }, { createPlanning }] = await Promise.all([
        import('../kit/session.ts'),
        import('../kit/output.ts'),
        import('#workers/planning.ts'),
      ]);
      await withSession(async (session) => {
        const planning = createPlanning(session);
        try {
          createOutput(true).object(await planning.paramsSchema(pipeline));
        } finally {
          await planning.close();
        }
      });
    });
};
