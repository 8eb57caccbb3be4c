/** The definitions of a module, as they are served. */
import { UserError } from '#contracts/failures.ts';
import type { DefinedFeatures } from '#features/repository.ts';
import type { Catalogue } from '#serving/catalogue.ts';
import { catalogueOf } from '#serving/definitions.ts';
import { exportsOf } from '../../kit/given-module.ts';

/** @throws UserError InvalidInput for a module that is not there, does not build, or exports no definitions */
export async function servedCatalogue(file: string): Promise<Catalogue> {
  const { default: defined } = await exportsOf('--definitions', file);
  if (typeof defined === 'object' && defined !== null && 'kind' in defined && defined.kind === 'features')
    return catalogueOf(defined as DefinedFeatures);
  throw new UserError(
    'InvalidInput',
    `--definitions ${file} exports no definitions: write export default defineFeatures({ entities, views, services })`,
  );
}
