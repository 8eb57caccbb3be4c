import type { Verb } from '../../kit/verb.ts';
import type { ReproOptions } from './repro.ts';

export const repro: Verb = (program) => {
  program
    .command('repro')
    .summary('run the stages of dvc.yaml that have changed')
    .argument('[stage...]', 'stages, groups of foreach or matrix, or dvc.yaml files; default all')
    .description(
      'Runs a DVC pipeline as it is: stages whose command, dependencies, parameters or outputs differ from dvc.lock, and those behind them. What was run with the same before is taken from the run cache. dvc.lock is written after each stage, so that a run that was cut off goes on where it was. `ratchet data status` says beforehand what has changed.\n\n' +
        'Examples:\n  ratchet repro --local\n  ratchet repro --local train --dry\n  ratchet repro --local train@eu-1 --force',
    )
    .option('--local', 'in this process, without Temporal; the only way yet')
    .option('-f, --force', 'also stages that have not changed, and nothing from the run cache')
    .option('-s, --single-item', 'the named stages alone, not those that they need')
    .option('-k, --keep-going', 'after a failure, go on with stages that do not need what failed')
    .option('--no-run-cache', 'run again what was run with the same before')
    .option('--dry', 'say what would run, and run nothing')
    .option('--json', 'print one JSON object; what commands print goes to standard error')
    .action(async (stages: string[], options: ReproOptions) => {
      const { reproStages } = await import('./repro.ts');
      await reproStages(stages, options);
    });
};
