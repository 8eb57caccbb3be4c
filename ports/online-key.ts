/** Which entity: its join keys with their values, as bytes. Two keys have the same bytes only when they are the same. */
import { UserError } from '#contracts/failures.ts';
import { LONGEST_KEY } from './online-store.ts';

/** `bigint`: int64, and timestamps (µs) and dates (days) since 1970. */
export type KeyValue = bigint | string | boolean;

/**
 * @param values by join key; their order does not matter
 * @throws UserError InvalidInput when it takes more than {@link LONGEST_KEY} bytes
 */
export function entityKey(values: readonly (readonly [name: string, value: KeyValue])[]): Uint8Array {
  const parts: Buffer[] = [];
  // By code units: no locale decides which bytes an entity has.
  for (const [name, value] of values.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    pushText(parts, 's', name);
    if (typeof value === 'bigint') {
      const number = Buffer.alloc(9);
      number.write('i');
      number.writeBigInt64BE(value, 1);
      parts.push(number);
    } else if (typeof value === 'boolean') parts.push(Buffer.from(value ? 't' : 'f'));
    else pushText(parts, 's', value);
  }
  const key = Buffer.concat(parts);
  if (key.length <= LONGEST_KEY) return key;
  throw new UserError(
    'InvalidInput',
    `the key of ${values.map(([name]) => name).join(', ')} takes ${key.length} bytes, and ${LONGEST_KEY} are the most: name entities by something shorter, for example a digest`,
  );
}

function pushText(parts: Buffer[], kind: string, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeUInt32BE(bytes.length, 1);
  parts.push(head, bytes);
}
