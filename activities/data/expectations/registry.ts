import type { Definition } from './definition.ts';
import { presence } from './presence.ts';
import { statistic } from './statistic.ts';
import { table } from './table.ts';
import { valueRange } from './value-range.ts';
import { valueSet } from './value-set.ts';
import { valueText } from './value-text.ts';
import { valueType } from './value-type.ts';

/** Every expectation type there is, by Great Expectations' name. A new family joins here. */
export const definitions: ReadonlyMap<string, Definition> = new Map(
  [table, presence, valueRange, valueSet, valueText, valueType, statistic].flatMap((family) => Object.entries(family)),
);
