import { readCount } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';

export const dev: Verb = (program) => {
  program
    .command('dev')
    .summary('start Temporal, MLflow, an S3 store and a worker on this machine')
    .description(
      'Starts what this project needs and keeps it running: Temporal with its Web UI, MLflow, an S3 store and a worker.\n' +
        'A server that the environment names (TEMPORAL_ADDRESS, MLFLOW_TRACKING_URI, RATCHET_STORE) is used instead of ours.\n' +
        'Everything is kept in .ratchet/; `ratchet down` stops it and keeps the data.',
    )
    .option('--workers <count>', 'worker processes', readCount, 1)
    .option('--json', 'print one JSON object')
    .action(async (options: { workers: number; json?: boolean }) => {
      const { bringUp } = await import('./bring-up.ts');
      await bringUp(options);
    });
};
