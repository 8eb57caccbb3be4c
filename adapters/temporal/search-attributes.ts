/** Search attributes have to be known to a namespace before a workflow sets them: one that is not fails workflow tasks for ever. */
import type { Connection } from '@temporalio/client';
import { searchAttributes } from '#contracts/names.ts';

/** Temporal's number for a value that is compared as a whole (`IndexedValueType` of its protocol). */
const INDEXED_VALUE_TYPE_KEYWORD = 2;

/** Registers those of {@link searchAttributes} that the namespace does not have yet; answers their names. Safe to call at once from several workers. */
export async function registerSearchAttributes(
  connection: Pick<Connection, 'operatorService'>,
  namespace: string,
): Promise<string[]> {
  const service = connection.operatorService;
  const present = await service.listSearchAttributes({ namespace }).catch(() => ({ customAttributes: {} }));
  const missing = Object.keys(searchAttributes).filter((name) => !Object.hasOwn(present.customAttributes ?? {}, name));
  if (missing.length === 0) return [];
  try {
    await service.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD])),
    });
  } catch (error) {
    if (!/already exists/i.test(error instanceof Error ? error.message : String(error))) throw error;
  }
  return missing;
}
