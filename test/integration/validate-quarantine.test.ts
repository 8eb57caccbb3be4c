/** Severity quarantine: bad rows go to a dataset of their own with the reason, and the run goes on with the rest. */
import { readFile } from 'node:fs/promises';
import { expect as wanted } from 'ratchet-ml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ValidationResult } from '#contracts/validation.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

let place: DataWorkplace;
beforeAll(async () => {
  place = await createDataWorkplace();
});
afterAll(() => place.close());

const csv = 'id,price,city\n1,10,Bern\n2,-5,Basel\n2,7,Bern\n4,9999,Genf\n5,,Chur\n6,3,Zug\n';

test('sets rows aside with each reason, keeps the order of the rest, and stores the whole result', async () => {
  await place.file('q.csv', csv);
  const expectations = [
    wanted.column('price').between(0, 100).quarantine(),
    wanted.column('id').unique().quarantine(),
    wanted.column('price').zScoreBelow(1.5).quarantine(),
    wanted.column('id').increasing({ strictly: true }).warn(),
    wanted.column('city').notNull(),
  ];
  const done = await place.validate({ source: 'q.csv', expectations, redact: ['city'] });
  expect(done.passed).toBe(false);
  expect(await place.rows(done.snapshot, { id: 'number', price: 'number', city: 'text' })).toEqual({
    id: [1, 5, 6],
    price: [10, null, 3],
    city: ['Bern', 'Chur', 'Zug'],
  });
  if (!done.quarantined || !done.validation) throw new Error('nothing was set aside');
  expect(await place.rows(done.quarantined, { id: 'number', __ratchet_reason: 'text' })).toEqual({
    id: [2, 2, 4],
    __ratchet_reason: [
      'price: wanted between 0 and 100; id: wanted each value once',
      'id: wanted each value once',
      'price: wanted between 0 and 100; price: wanted less than 1.5 standard deviations from the mean',
    ],
  });
  expect(done.results.map(({ success, severity }) => [success, severity])).toEqual([
    [false, 'quarantine'],
    [false, 'quarantine'],
    [false, 'quarantine'],
    [false, 'warn'],
    [true, 'fail'],
  ]);
  const stored = ValidationResult.parse(
    JSON.parse(await readFile(`${place.store.folder}/${place.store.key(done.validation.uri)}`, 'utf8')),
  );
  expect(stored.ratchet).toMatchObject({ passed: true, rows: 6, quarantine: { rows: 3, uri: done.quarantined.uri } });
  expect(JSON.stringify(stored)).not.toContain('Basel');
  const page = await readFile(`${place.store.folder}/${place.store.key(done.report?.uri ?? '')}`, 'utf8');
  expect(page).toContain('price: wanted between 0 and 100');
  expect(page).not.toContain('Basel');
  // The same bytes again: a repeated step stores nothing new.
  const again = await place.validate({ source: 'q.csv', expectations, redact: ['city'] });
  expect([again.snapshot.digest, again.quarantined?.digest, again.validation?.digest]).toEqual([
    done.snapshot.digest,
    done.quarantined.digest,
    done.validation.digest,
  ]);
});

test('nothing bad leaves the snapshot as it is; everything bad, or a missing column, fails', async () => {
  await place.file('q.csv', csv);
  const quarantine = (min: number) => [wanted.column('id').between(min, null).quarantine()];
  const fine = await place.validate({ source: 'q.csv', expectations: quarantine(1) });
  expect([fine.passed, fine.quarantined, fine.snapshot.rows]).toEqual([true, null, 6]);
  await expect(place.validate({ source: 'q.csv', expectations: quarantine(7) })).rejects.toMatchObject({
    type: 'DataInvalid',
    message: 'all 6 rows of q.csv are quarantined, and none is left: id: wanted at least 7',
  });
  await expect(
    place.validate({ source: 'q.csv', expectations: [wanted.column('gone').unique().quarantine()] }),
  ).rejects.toMatchObject({ type: 'DataInvalid', message: expect.stringContaining('column gone is missing') });
});

test('a failed expectation fails the run, whatever was to be set aside', async () => {
  await place.file('q.csv', csv);
  await expect(
    place.validate({
      source: 'q.csv',
      expectations: [wanted.column('price').between(0, 100).quarantine(), wanted.rowCount({ min: 100 })],
    }),
  ).rejects.toMatchObject({ message: expect.stringMatching(/^1 of 2 expectations do not hold for q\.csv/) });
});
