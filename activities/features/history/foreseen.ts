/** What a plan can say of features that it asks for: names, before any row is read. */
import type { z } from 'zod';
import type { getHistoricalFeatures, validateData } from '#contracts/stages/index.ts';
import { resolveFeatures } from '#features/resolve.ts';
import { isFiles } from '#features/source.ts';
import type { TableHeader } from '#ports/tables.ts';
import { type KnownTable, planHistory } from './plan-history.ts';
import { documentOf, ownSources, validated } from './stage.ts';

type Known = Pick<TableHeader, 'columns' | 'complete'>;

/**
 * @param rows those that ask; null: not known yet. A view whose columns are not known is not judged.
 * @param given of a view that a step gives; `read` of one that lies in files
 * @returns the columns of the result; null where they are not known
 * @throws UserError InvalidInput for names that are wrong (MissingColumn) and types that do not fit
 */
export async function foreseenHistory(
  input: z.output<typeof getHistoricalFeatures.input>,
  rows: Known | null | undefined,
  given: (view: string) => Promise<Known | null>,
  read: (source: z.input<typeof validateData.input>) => Promise<Known | null>,
): Promise<Known | null> {
  const resolved = resolveFeatures(documentOf(input), input);
  const own = new Map(ownSources(resolved, input).map(({ view, source }) => [view, source]));
  const tables = new Map<string, KnownTable>();
  for (const { view } of resolved.views) {
    const source = own.get(view.name);
    // A database is not asked for a plan: what runs may reach it where this does not.
    if (source && !isFiles(source)) continue;
    const table = source ? await read(validated(source)) : await given(view.name);
    if (table) tables.set(view.name, { file: '', columns: table.columns });
  }
  if (!rows) return null;
  const known = { ...resolved, views: resolved.views.filter(({ view }) => tables.has(view.name)) };
  const { asked } = planHistory(known, rows, tables, input);
  return { columns: [...rows.columns, ...asked.map(({ name }) => ({ name, type: null }))], complete: rows.complete };
}
