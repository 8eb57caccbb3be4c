/** The point-in-time join gives the rows that Feast's rule gives: newest event in [label − ttl, label], then newest created. */
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

const golden = (name: string) => fileURLToPath(new URL(`../golden/feast/${name}`, import.meta.url));
const Row = z.object({ label_row: z.number(), rownum: z.number().nullable(), v: z.number().nullable() });
const Golden = z.object({ expected: z.object({ spec: z.record(z.string(), z.array(Row)) }) });

let place: DataWorkplace;
beforeAll(async () => {
  place = await createDataWorkplace();
});
afterAll(() => place.close());

async function joined(maxAge: '2d' | undefined, created: string | undefined) {
  for (const name of ['features', 'entities']) {
    await place.file('here', '');
    await copyFile(golden(`${name}.parquet`), join(place.folder, 'pipelines', 'test', `${name}.parquet`));
  }
  const features = (await place.validate({ source: 'features.parquet' })).snapshot;
  const entities = (await place.validate({ source: 'entities.parquet' })).snapshot;
  const { train, holdout } = await place.featurize({
    data: entities,
    time: 'event_timestamp',
    views: [
      {
        name: 'f',
        data: features,
        time: 'event_timestamp',
        on: { entity_id: 'entity_id' },
        columns: ['v', 'rownum'],
        maxAge,
        created,
      },
    ],
    split: { by: 'share', holdout: 0.3 },
  });
  const parts = await Promise.all(
    [train, holdout].map((ref) => place.rows(ref, { label_row: 'number', rownum: 'number', v: 'number' })),
  );
  const rows = parts.flatMap((part) =>
    (part.label_row ?? []).map((label, i) => ({ label_row: label, rownum: part.rownum?.[i], v: part.v?.[i] })),
  );
  return rows.sort((a, b) => Number(a.label_row) - Number(b.label_row));
}

test.each([
  ['ttl2d', '2d'],
  ['ttl0d', undefined],
] as const)('%s', async (name, maxAge) => {
  const { expected } = Golden.parse(JSON.parse(await readFile(golden('golden.json'), 'utf8')));
  const theirs = (expected.spec[name] ?? [])
    .map(({ label_row, rownum, v }) => ({ label_row, rownum, v }))
    .sort((a, b) => a.label_row - b.label_row);
  expect(theirs).toHaveLength(21);
  expect(await joined(maxAge, 'created')).toEqual(theirs);
  // Their file is in the order of `created`, so the last row of the file is the newest there, too.
  expect(await joined(maxAge, undefined)).toEqual(theirs);
});
