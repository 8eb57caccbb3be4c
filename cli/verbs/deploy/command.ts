import type { Verb } from '../../kit/verb.ts';

export const deploy: Verb = (program) => {
  program
    .command('deploy')
    .summary('let pipelines start by themselves: their loops and schedules')
    .description(
      'Brings the loop and the Temporal Schedules of every pipeline that has triggers to what its file says: creates, updates, ' +
        'deletes. Those of a pipeline that is gone are taken down; a run of it that goes on ends by itself. What another project (the ' +
        'name in package.json) deployed is left alone. With names, only those are brought to what is wanted; the others stay as they are.',
    )
    .argument('[pipelines...]', 'folders of pipelines/; default: all')
    .option('--dry-run', 'print what would change, and change nothing')
    .option('--take-over <name...>', 'pipelines that another project deployed are this project’s from now on')
    .option('--json', 'print one JSON object')
    .action(async (pipelines: string[], options: { dryRun?: boolean; takeOver?: string[]; json?: boolean }) => {
      const { deployPipelines } = await import('./deploy-pipelines.ts');
      await deployPipelines(pipelines, options);
    });
};
