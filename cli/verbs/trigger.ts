import { userInfo } from 'node:os';
import { readInstant, readPipelineName, readTriggerId } from '../kit/options.ts';
import type { Verb } from '../kit/verb.ts';
import type { TriggerOptions } from './loop/requests.ts';

export const trigger: Verb = (program) => {
  program
    .command('trigger')
    .summary('ask a deployed pipeline’s loop for a run')
    .description(
      'The loop starts it, or says behind which run it waits, or why not. Asking again with the same --id is the same run.\n' +
        '`ratchet run` starts one past the loop.',
    )
    .argument('<pipeline>', 'its name', readPipelineName)
    .option('--reason <text>', 'why', 'asked for on the command line')
    .option('--as <name>', 'who asks', userInfo().username)
    .option('--id <id>', 'names the request, and its run; default: a new one', readTriggerId)
    .option('--at <time>', 'when it came up, for cool-down and budget: 2026-11-23T18:00:00Z; default now', readInstant)
    .option('--json', 'print one JSON object')
    .action(async (pipeline: string, options: TriggerOptions) => {
      const { triggerPipeline } = await import('./loop/requests.ts');
      await triggerPipeline(pipeline, options);
    });
};
