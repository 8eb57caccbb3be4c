/** A training set: rows of entities and moments, each with its features as they were known then. */
import { join } from 'node:path';
import { computed, type OnDemandFeatures } from '#features/on-demand.ts';
import type { DefinedFeatures } from '#features/repository.ts';
import { type Resolved, resolveFeatures } from '#features/resolve.ts';
import { outputOf, type RowFunction, requestField, rowFunction } from '#features/row-function.ts';
import type { Extending, ExtendRequest, Histories, History, VectorFunction } from '#ports/history.ts';
import type { TableFacts } from '#ports/tables.ts';
import type { LocalTable } from '../plan-views.ts';
import { type AskedColumn, type PlannedHistory, planHistory, requestOf } from './plan-history.ts';

export interface HistoricalFeatures extends TableFacts, Pick<History, 'matched' | 'withoutTime'> {
  readonly features: readonly AskedColumn[];
}

/**
 * Every row of `entities`, in their order, with the features that were known at its time: of each view the newest row in [t − ttl, t] and windows
 * (t − w, t]; nothing that was not yet written. A row without a key or a time has no features, a row that finds nothing nulls (counts 0).
 * @param ask `features` or `service`; `time` the column of moments; `fullNames` columns are `view__feature`; `sources` by view, Parquet
 * @param to Parquet to write
 * @throws UserError InvalidInput for names and types, DataInvalid for values that a declared type does not hold, InvalidOutput for a function on demand
 */
export async function getHistoricalFeatures(
  ask: {
    /** Without functions where `tables` has them run elsewhere. */
    readonly defined: Pick<DefinedFeatures, 'document' | 'compute'>;
    readonly features?: readonly string[] | undefined;
    readonly service?: string | undefined;
    readonly entities: LocalTable;
    readonly sources: ReadonlyMap<string, LocalTable>;
    readonly time: string;
    readonly fullNames?: boolean | undefined;
    /** For what lies between, its owner removes it. */
    readonly folder: string;
  },
  to: string,
  tables: Histories & Extending,
  signal: AbortSignal,
): Promise<HistoricalFeatures> {
  const resolved = resolveFeatures(ask.defined.document, ask);
  const planned = planHistory(resolved, ask.entities, ask.sources, {
    time: ask.time,
    fullNames: ask.fullNames ?? false,
  });
  if (resolved.onDemand.length === 0) {
    const request = requestOf(planned, ask.entities, to);
    const own = request.select.filter(({ type }) => type === null);
    const select = planned.asked.map(({ reference, name, type }) => ({
      from: joinedColumn(planned, reference),
      name,
      type,
    }));
    return { ...(await tables.history({ ...request, select: [...own, ...select] }, signal)), features: planned.asked };
  }
  const between = join(ask.folder, 'joined.parquet');
  const { matched, withoutTime } = await tables.history(requestOf(planned, ask.entities, between), signal);
  const extension = extensionOf(resolved, planned, ask.entities, between, to);
  const facts = await tables.extend(extension, vectorFunction(resolved, ask.defined), signal);
  return { ...facts, matched, withoutTime, features: planned.asked };
}

function joinedColumn(planned: PlannedHistory, reference: string): string {
  const found = planned.joined.get(reference);
  if (!found) throw new Error(`${reference} was not planned`);
  return found.column;
}

function extensionOf(
  resolved: Resolved,
  planned: PlannedHistory,
  rows: LocalTable,
  file: string,
  to: string,
): ExtendRequest {
  const features = resolved.onDemand.flatMap(({ inputs }) =>
    Object.values(inputs).map(
      ({ feature, type }) => [feature, { column: joinedColumn(planned, feature), type }] as const,
    ),
  );
  const fields = [...planned.request].map(
    ([field, column]) => [field, { column, type: resolved.request[field] ?? 'string' }] as const,
  );
  const onDemand = new Set(resolved.columns.filter((column) => column.onDemand).map(({ reference }) => reference));
  return {
    file,
    time: planned.time,
    onDemand: resolved.onDemand,
    inputs: Object.fromEntries([...features, ...fields.map(([field, input]) => [requestField(field), input] as const)]),
    outputs: Object.fromEntries(
      resolved.onDemand.flatMap(({ name, outputs }) =>
        Object.entries(outputs).map(([output, type]) => [outputOf(name, output), type]),
      ),
    ),
    select: [
      ...rows.columns.map(({ name }) => ({ from: name, name, computed: false })),
      ...planned.asked.map(({ reference, name }) =>
        onDemand.has(reference)
          ? { from: reference, name, computed: true }
          : { from: joinedColumn(planned, reference), name, computed: false },
      ),
    ],
    to,
  };
}

/** Built when the first row is there: where functions run elsewhere, this process has none. */
function vectorFunction({ onDemand }: Resolved, { compute }: Pick<DefinedFeatures, 'compute'>): VectorFunction {
  const made = () =>
    rowFunction(
      onDemand.map((definition) => {
        const own = compute[definition.name];
        if (!own) throw new Error(`${definition.name} has no function`);
        const each: OnDemandFeatures = { definition, compute: own };
        return { definition, held: (vector, at, where) => computed(each, vector, at, where) };
      }),
    );
  let rows: RowFunction | null = null;
  return (values, at, row) => {
    rows ??= made();
    return rows(values, at, row);
  };
}
