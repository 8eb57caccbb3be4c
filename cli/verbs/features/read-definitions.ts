import { UserError } from '#contracts/failures.ts';
import { FeatureDocument } from '#features/document.ts';
import type { DefinedFeatures } from '#features/repository.ts';
import { exportsOf } from '../../kit/given-module.ts';

/** @throws UserError InvalidInput for a file that is not there, does not build, throws, or exports no definitions */
export async function readDefinitions(file: string): Promise<DefinedFeatures> {
  const { default: defined } = await exportsOf('--definitions', file);
  if (isDefined(defined)) return defined;
  throw new UserError(
    'InvalidInput',
    `--definitions ${file} exports no definitions: write export default defineFeatures({ entities, views, services })`,
  );
}

function isDefined(value: unknown): value is DefinedFeatures {
  if (typeof value !== 'object' || value === null || Reflect.get(value, 'kind') !== 'features') return false;
  return FeatureDocument.safeParse(Reflect.get(value, 'document')).success;
}
