/** Of very many changes the loop is told in few words, and counts the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reportedPartitions } from '#activities/watch/reported-partitions.ts';
import { jsonBytes } from '#contracts/json.ts';
import { DataArrived } from '#contracts/loop/evidence.ts';
import { withPartitions } from '#decisions/retrain/pending-files.ts';

type Partition = DataArrived['partitions'][number];
const nothing = { newRows: 0, newPartitions: 0 };
const file = (n: number, rows: number): Partition => ({ name: `f${n}@1`, rows, file: `f${n}` });

test('rows, partitions and what is known of each file are the same as if each had been told', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 3_000 }), fc.nat(3_000), fc.nat(9), (rows, gone, again) => {
      const came = rows.map((each, n) => file(n, each));
      const [all, told] = [came, reportedPartitions(came)].map((each) => withPartitions(nothing, each));
      expect(told).toEqual(all);
      // The newest are removed again, and others come.
      const removed = came
        .slice(-gone)
        .map(({ name, ...each }): Partition => ({ ...each, name: `${name} gone`, gone: true }));
      const next = [...removed, ...Array.from({ length: again * 300 }, (_, n) => file(10_000 + n, 1))];
      expect(withPartitions(told as typeof nothing, reportedPartitions(next))).toEqual(
        withPartitions(all as typeof nothing, next),
      );
    }),
    { numRuns: 60 },
  );
});

test('a hundred thousand with names of a kilobyte are less than Temporal takes in one answer', () => {
  const name = (n: number) => `${'d'.repeat(1_000)}/${n}`;
  const came = Array.from({ length: 100_000 }, (_, n): Partition => ({ name: name(n), rows: 10, file: name(n) }));
  const told = reportedPartitions(came);
  expect(jsonBytes(told)).toBeLessThan(1024 * 1024);
  expect(told.length).toBeGreaterThan(200);
  expect(withPartitions(nothing, told)).toMatchObject({ newRows: 1_000_000, newPartitions: 100_000 });
  for (const each of told) DataArrived.shape.partitions.parse([each]);
});

test('few are told as they are', () => {
  const few = [{ ...file(1, 3), gone: true as const }, file(2, 4)];
  expect(reportedPartitions(few)).toEqual(few);
});
