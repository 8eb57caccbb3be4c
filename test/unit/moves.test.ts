/** Moves of a model are read back in the order of their time, however many there are. */
import { expect, it } from 'vitest';
import { readMoves, writeMove } from '#records/moves.ts';

function memory() {
  const objects = new Map<string, string>();
  return {
    objects,
    put: async (key: string, body: Uint8Array | string) => void objects.set(key, body.toString()),
    get: async (key: string) => {
      const text = objects.get(key);
      return text === undefined ? null : Buffer.from(text);
    },
    async *list(prefix: string) {
      // A store that lists in an order of its own.
      for (const key of [...objects.keys()].reverse())
        if (key.startsWith(prefix)) yield { key, bytes: 1, modified: new Date(0) };
    },
  };
}
const move = (epoch: number) => ({
  ...{ model: 'flights', epoch, key: `k${epoch}`, from: null, to: String(epoch), by: 'run/a', reason: 'better' },
  at: new Date(Date.UTC(2020, 0, 1) + epoch * 3_600_000).toISOString(),
});

it('all of them, oldest first, without those of others and what is no move', async () => {
  const store = memory();
  for (let epoch = 1; epoch <= 50; epoch++) await writeMove(store, move(epoch));
  await writeMove(store, { ...move(7), model: 'flights-2' });
  store.objects.set('moves/flights/20200101T000000000Z-000099-cut.json', '{"format": 1, "mod');
  store.objects.set('moves/flights/20200101T000000000Z-000098-other.json', '{"format": 2}');
  const found = await readMoves(store, 'flights');
  expect(found.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
});
