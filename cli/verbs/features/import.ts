import type { Verb } from '../../kit/verb.ts';
import type { ImportOptions } from './import/import-repository.ts';

export const featuresImport: Verb = (features) => {
  features
    .command('import')
    .summary('the definitions of a Feast repository, as features.ts')
    .description(
      'Runs the repository in its own Python, as `feast plan` does, and writes what it defines: entities, views over Parquet files, services. ' +
        'What has no like here is listed with the reason; functions on demand, which are Python, stand in the file as comments, to be written anew. ' +
        "Nothing is written over, and Feast's registry and stores are left alone.",
    )
    .argument('<folder>', 'of the repository: the one with feature_store.yaml')
    .option('--out <file>', 'the module that is written', 'features.ts')
    .option('--python <program>', 'a Python with Feast and what the definitions import', 'python3')
    .option('--json', 'print one JSON object: what was written, and leftOut')
    .addHelpText('after', '\nExample: ratchet features import ../feature_repo --python ../.venv/bin/python\n')
    .action(async (folder: string, options: ImportOptions) => {
      const { importRepository } = await import('./import/import-repository.ts');
      await importRepository(folder, options);
    });
};
