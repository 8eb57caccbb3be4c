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

function hidden(value: Json): Json {
  if (value === null) return null;
  return Array.isArray(value) ? value.map(() => REDACTED) : REDACTED;
}
