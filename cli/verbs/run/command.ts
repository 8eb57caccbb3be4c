import { userInfo } from 'node:os';

import { collectParam, readInstant, readTriggerId } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { RunOptions } from './options.ts';

export const run: Verb = (program) => {
  program
    .command('run')
    .summary('start a run of a pipeline')
    .description(
      'Starts a run and answers its id; with --wait it follows the run to its end, or to the first approval that it waits for.\n' +
        'The params are checked before anything is started. The same --trigger-id twice is one run.',
    )
    .argument('<pipeline>', 'a folder of pipelines/')
    .option('--param <key=value>', 'a param, the value as JSON or text; repeat it for more', collectParam, {})
    .option('--as-of <time>', 'make the run as if it were then', readInstant)
    .option('--trigger-id <id>', 'what starts it, once: a repeated id answers the run that it started', readTriggerId)
    .option('--reason <text>', 'why, for the record', 'started by hand')
    .option('--as <name>', 'who starts it', userInfo().username)
    .option('--wait', 'follow it to its end')
    .option('--json', 'print one JSON object: runId, status, verdict, reasons, modelVersion, nodes')
    .action(async (pipeline: string, options: RunOptions) => {
      const { runPipeline } = await import('./run-pipeline.ts');
      await runPipeline(pipeline, options);
    });
};
