import type { Verb } from '../../kit/verb.ts';

export const card: Verb = (command) => {
  command
    .command('card')
    .summary('the model card of a version, in Markdown')
    .description(
      'What a stranger needs to use the model and to know how far to trust it: how it is loaded, what it reads, its figures with intervals, why the gate let it through, where it is from. ' +
        'In a card that is there already only the part between the marks is written anew; what its owner wrote stays.',
    )
    .argument('<version>', 'NAME@NUMBER, for example flight-delays@5')
    .option('--out <file>', 'write it there, into the card that is there; default: print it')
    .option('--license <id>', 'for the metadata: apache-2.0, mit, …')
    .addHelpText('after', '\nExamples:\n  ratchet model card flight-delays@5 --out MODEL_CARD.md')
    .action(async (version: string, options: { out?: string; license?: string }) => {
      const { writeCard } = await import('./write-card.ts');
      await writeCard(version, options);
    });
};
