import { userInfo } from 'node:os';
import { readCount, readPipelineName } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';

interface ByWhom {
  reason: string;
  as: string;
  json?: boolean;
}

export const loop: Verb = (program) => {
  const verbs = program
    .command('loop')
    .summary('a pipeline’s loop: how it stands, pause, resume, why it did what')
    .description(
      'One loop for each deployed pipeline takes in what the watch, schedules, the gateway and people tell it, and starts a run when its triggers ask for one and nothing holds it back.',
    );
  verbs
    .command('status')
    .summary('state, what would make it fire next, the last decisions')
    .argument('<pipeline>', 'its name', readPipelineName)
    .option('--json', 'print one JSON object')
    .action(async (pipeline: string, options: { json?: boolean }) => {
      const { printLoop } = await import('./show-loop.ts');
      await printLoop(pipeline, options);
    });
  for (const [name, summary] of [
    ['pause', 'nothing starts until it is resumed; what comes is taken in'],
    ['resume', 'go on: after a pause, after the circuit breaker opened, after a move of the alias by hand'],
  ] as const)
    verbs
      .command(name)
      .summary(summary)
      .argument('<pipeline>', 'its name', readPipelineName)
      .requiredOption('--reason <text>', 'why, for the record')
      .option('--as <name>', 'who decides', userInfo().username)
      .option('--json', 'print one JSON object')
      .action(async (pipeline: string, options: ByWhom) => {
        const { pauseOrResume } = await import('./requests.ts');
        await pauseOrResume(name, pipeline, options);
      });
  verbs
    .command('decisions')
    .summary('why it did or did not retrain, newest first')
    .argument('<pipeline>', 'its name', readPipelineName)
    .option('--limit <count>', 'most to list', readCount, 20)
    .option('--json', 'print one JSON array')
    .action(async (pipeline: string, options: { limit: number; json?: boolean }) => {
      const { printDecisions } = await import('./show-loop.ts');
      await printDecisions(pipeline, options);
    });
  verbs
    .command('drift')
    .summary('drift by column over time, as the watch measured it')
    .argument('<pipeline>', 'its name', readPipelineName)
    .option('--limit <count>', 'newest checks to show', readCount, 90)
    .option('--html <file>', 'write a page of it')
    .option('--json', 'print one JSON object')
    .action(async (pipeline: string, options: { limit: number; html?: string; json?: boolean }) => {
      const { showDriftHistory } = await import('./show-drift-history.ts');
      await showDriftHistory(pipeline, options);
    });
};
