import type { Verb } from '../../kit/verb.ts';

export const show: Verb = (command) => {
  command
    .command('show')
    .summary('what became of a model: its versions, champions, rollbacks, and what comes next')
    .description(
      'Who is champion and why, who was before and for how long, every version with its verdict and who approved it, probations, and what the loop waits for. ' +
        'From MLflow and what Ratchet kept in the store: it tells the same when Temporal has forgotten.',
    )
    .argument('<model>', "registered model, as MLflow calls it: with the environment's prefix")
    .option('--html <file>', 'write the page of the model, with all versions')
    .option('--json', 'print one JSON object, with all versions')
    .addHelpText('after', '\nExamples:\n  ratchet model show flight-delays --html model.html')
    .action(async (model: string, options: { html?: string; json?: boolean }) => {
      const { showModel } = await import('./show-model.ts');
      await showModel(model, options);
    });
};
