/** Which entity: its join keys with their values, as bytes. Two keys have the same bytes only when they are the same. */
import { UserError } from '#contracts/failures.ts';
import { ByteWriter } from './byte-writer.ts';
import { LONGEST_KEY } from './online-store.ts';

/** `bigint`: int64, and timestamps (µs) and dates (days) since 1970. */
export type KeyValue = bigint | string | boolean;

/** Codes of s, i, t and f. */
const mark = { text: 115, int: 105, true: 116, false: 102 } as const;

/**
 * @param values by join key; their order does not matter
 * @throws UserError InvalidInput when it takes more than {@link LONGEST_KEY} bytes
 */
export function entityKey(values: readonly (readonly [name: string, value: KeyValue])[]): Uint8Array {
  const bytes = new ByteWriter();
  // By code units: no locale decides which bytes an entity has.
  for (const [name, value] of values.length < 2
    ? values
    : values.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    bytes.byte(mark.text);
    bytes.text(name);
    if (typeof value === 'bigint') {
      bytes.byte(mark.int);
      bytes.int64(value);
    } else if (typeof value === 'boolean') bytes.byte(value ? mark.true : mark.false);
    else {
      bytes.byte(mark.text);
      bytes.text(value);
    }
  }
  const key = bytes.written();
  if (key.length <= LONGEST_KEY) return key;
  throw new UserError(
    'InvalidInput',
    `the key of ${values.map(([name]) => name).join(', ')} takes ${key.length} bytes, and ${LONGEST_KEY} are the most: name entities by something shorter, for example a digest`,
  );
}
