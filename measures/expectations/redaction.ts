/** Values of named columns must appear nowhere: not in lists, not in figures that are a value, not in messages. */
import type { Json } from '#contracts/json.ts';

export const REDACTED = '[redacted]';

/** Counts, shares and types tell no value. */
const harmless =
  /unique_value_count|proportion|values_to_be_of_type|in_type_list|row_count|column_count|columns_to_match|column_to_exist/;

export function withoutValues(
  type: string,
  message: string,
  figures: Readonly<Record<string, Json>>,
): { message: string; figures: Record<string, Json> } {
  if (harmless.test(type) || Object.keys(figures).length === 0) return { message, figures: { ...figures } };
  const kept = Object.fromEntries(
    Object.entries(figures).map(([key, value]): [string, Json] => [
      key,
      key === 'details' ? {} : typeof value === 'number' && key.endsWith('_count') ? value : hidden(value),
    ]),
  );
  return { message: `${message.split(';')[0]}; what was found is redacted`, figures: kept };
}

/** Sets of values are values, too, the more so where they were suggested from the data. */
export function withoutSets(kwargs: Readonly<Record<string, Json>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(kwargs).map(([key, value]): [string, Json] => [key, sets.has(key) ? REDACTED : value]),
  );
}

/** What was wanted, without the set that it names. */
export function withoutSet(message: string, kwargs: Readonly<Record<string, Json>>): string {
  if (!Object.keys(kwargs).some((key) => sets.has(key))) return message;
  const found = message.match(/; (?:so are all [\d,]+ |[\d,]+ of [\d,]+ (?:values|rows) )[^;]*$/)?.[0] ?? '';
  return `wanted values by a set that is redacted${found}`;
}
const sets = new Set(['value_set', 'value_pairs_set', 'partition_object']);

function hidden(value: Json): Json {
  if (value === null) return null;
  return Array.isArray(value) ? value.map(() => REDACTED) : REDACTED;
}
