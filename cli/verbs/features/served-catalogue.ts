/** The definitions of a module, as they are served. */
import type { Catalogue } from '#serving/catalogue.ts';
import { catalogueOf } from '#serving/definitions.ts';
import { readDefinitions } from './read-definitions.ts';

/** @throws UserError InvalidInput as {@link readDefinitions} */
export const servedCatalogue = async (file: string): Promise<Catalogue> => catalogueOf(await readDefinitions(file));
