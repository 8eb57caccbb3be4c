/** Where validateData takes its data from, and how it notices that they changed. */
import { rename, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

let place: DataWorkplace;
beforeAll(async () => {
  place = await createDataWorkplace();
});
afterAll(() => place.close());

const rows = (from: number, to: number) =>
  `n,t\n${Array.from({ length: to - from }, (_, i) => `${from + i},2026-01-0${1 + ((from + i) % 9)}T00:00:00Z`).join('\n')}\n`;
const names = { n: 'number' } as const;

describe('a snapshot', () => {
  test('is in the store under its MD5, as DVC lays it out', async () => {
    await place.file('a.csv', rows(0, 5));
    const { snapshot } = await place.validate({ source: 'a.csv' });
    expect(snapshot).toMatchObject({
      kind: 'dataset',
      format: 'parquet',
      rows: 5,
      columns: [
        { name: 'n', type: 'BIGINT' },
        { name: 't', type: 'TIMESTAMP WITH TIME ZONE' },
      ],
    });
    const key = place.store.key(snapshot.uri);
    expect(`md5:${key.replace('files/md5/', '').replace('/', '')}`).toBe(snapshot.digest);
    expect(await place.store.head(key)).toEqual({ bytes: snapshot.bytes });
    expect(await place.rows(snapshot, names)).toEqual({ n: [0, 1, 2, 3, 4] });
  });

  test('of the same rows is the same, from CSV, gzip, several files, JSON lines or Parquet', async () => {
    await place.file('b.csv', rows(0, 50));
    await place.file('b.csv.gz', gzipSync(rows(0, 50)));
    await place.file('parts/1.csv', rows(0, 20));
    await place.file('parts/2.csv', rows(20, 50));
    await place.file('semicolons.csv', rows(0, 50).replaceAll(',', ';').replaceAll('\n', '\r\n'));
    const first = (await place.validate({ source: 'b.csv' })).snapshot;
    const lines = rows(0, 50)
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    const json = `${lines.map(([n, t]) => `{"n":${n},"t":"${t}"}`).join('\n')}\n`;
    await place.file('b.jsonl', json);
    await place.file('b.ndjson.gz', gzipSync(json));
    const types = { t: 'TIMESTAMP WITH TIME ZONE' };
    for (const source of ['b.jsonl', 'b.ndjson.gz'])
      expect((await place.validate({ source, types })).snapshot).toEqual(first);
    for (const source of ['b.csv.gz', 'parts/*.csv', 'semicolons.csv'])
      expect((await place.validate({ source })).snapshot).toEqual(first);
    expect((await place.validate({ source: first, types: { n: 'BIGINT' } })).snapshot).toEqual(first);
    expect((await place.validate({ source: first.uri, format: 'parquet' })).snapshot).toEqual(first);
    expect((await place.validate({ source: first })).snapshot).toEqual(first);
  });

  test('keeps rows before asOf only, and does not change when later ones come', async () => {
    await place.file('c.csv', 'n,t\n1,2026-01-01T00:00:00Z\n2,2026-01-02T00:00:00Z\n3,\n');
    const early = (await place.validate({ source: 'c.csv', asOf: '2026-01-02', timeColumn: 't' })).snapshot;
    expect(await place.rows(early, names)).toEqual({ n: [1] });
    await place.file('c.csv', 'n,t\n1,2026-01-01T00:00:00Z\n2,2026-01-02T00:00:00Z\n4,2026-01-03T00:00:00Z\n');
    expect((await place.validate({ source: 'c.csv', asOf: '2026-01-02', timeColumn: 't' })).snapshot).toEqual(early);
    // 2026-01-02T01:00+02:00 is the day before in UTC.
    expect(
      (await place.validate({ source: 'c.csv', asOf: '2026-01-02T01:00:00+02:00', timeColumn: 't' })).snapshot,
    ).toEqual(early);
  });
});

describe('a path', () => {
  test('that leads nowhere says where it looked and what is there', async () => {
    await place.file('sub/flights.csv', rows(0, 3));
    await expect(place.validate({ source: 'sub/flihgts.csv' })).rejects.toMatchObject({
      type: 'DataInvalid',
      message: expect.stringMatching(
        /sub\/flihgts\.csv is not there; looked in .*\/pipelines\/test\/sub; did you mean flights\.csv/,
      ),
    });
    await expect(place.validate({ source: 'nowhere/x.csv' })).rejects.toThrow(
      /looked in .*nowhere, which is no folder/,
    );
    await expect(place.validate({ source: 'sub/*.parquet' })).rejects.toThrow(
      /no file matches sub\/\*\.parquet; looked in .*sub; there are flights\.csv/,
    );
    await expect(place.validate({ source: 's3://test/prefix/nothing.csv' })).rejects.toThrow('is not there');
    await expect(place.validate({ source: 's3://elsewhere/x.csv' })).rejects.toMatchObject({ type: 'InvalidInput' });
  });

  test('must stay inside of the project, unless it is absolute', async () => {
    await expect(place.validate({ source: '../../../outside.csv' })).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining('leads out of the project'),
    });
    const outside = join(place.folder, 'outside.csv');
    await writeFile(outside, rows(0, 3));
    expect((await place.validate({ source: outside })).snapshot.rows).toBe(3);
    await place.file('linked/x.csv', '');
    await symlink(outside, join(place.folder, 'pipelines/test/linked/link.csv'));
    expect((await place.validate({ source: 'linked/link.csv' })).snapshot.rows).toBe(3);
  });

  test('whose name tells no format asks for one', async () => {
    await place.file('data.txt', rows(0, 3));
    await expect(place.validate({ source: 'data.txt' })).rejects.toThrow('give `format`');
    expect((await place.validate({ source: 'data.txt', format: 'csv' })).snapshot.rows).toBe(3);
    await place.file('data.csv.zip', 'PK');
    await expect(place.validate({ source: 'data.csv.zip' })).rejects.toThrow('zip');
  });
});

describe('an object of the store', () => {
  test('is read again when it was replaced', async () => {
    await place.store.put('incoming/day.csv', rows(0, 3));
    const uri = place.store.uri('incoming/day.csv');
    const first = (await place.validate({ source: uri })).snapshot;
    await place.store.put('incoming/day.csv', rows(3, 6));
    expect((await place.validate({ source: uri })).snapshot.digest).not.toBe(first.digest);
    await place.store.put('incoming/day2.csv', rows(6, 9));
    expect((await place.validate({ source: place.store.uri('incoming/*.csv') })).snapshot.rows).toBe(6);
  });

  test('whose bytes are not those of its reference is refused', async () => {
    await place.file('honest.csv', rows(0, 7));
    const { snapshot } = await place.validate({ source: 'honest.csv' });
    const other = await createDataWorkplace();
    await other.store.put(place.store.key(snapshot.uri), 'something else');
    await expect(
      other.validate({
        source: snapshot,
        expectations: [{ type: 'expect_column_max_to_be_between', kwargs: { column: 'n' } }],
      }),
    ).rejects.toMatchObject({ type: 'ArtifactDamaged', message: expect.stringContaining('holds other bytes') });
    await other.close();
  });
});

describe('an unchanged file', () => {
  const settled = async (path: string) => utimes(path, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));

  test('is not stored or uploaded twice, and its snapshot comes back when the store lost it', async () => {
    await place.file('d.csv', rows(0, 8));
    const { snapshot } = await place.validate({ source: 'd.csv' });
    const uploads = place.store.calls.upload;
    expect((await place.validate({ source: 'd.csv' })).snapshot).toEqual(snapshot);
    expect(place.store.calls.upload).toBe(uploads);
    expect(place.progress.at(-2)).toContain('unchanged');
    await place.store.delete(place.store.key(snapshot.uri));
    expect((await place.validate({ source: 'd.csv' })).snapshot).toEqual(snapshot);
    expect(place.store.calls.upload).toBe(uploads + 1);
  });

  test('has one identity, which changes with its bytes, also within a second and at the same size and time', async () => {
    const path = await place.file('e.csv', 'n\n1\n');
    await settled(path);
    const before = await place.identity('e.csv');
    const { mtime } = await stat(path);
    expect(await place.identity('e.csv')).toBe(before);
    await writeFile(path, 'n\n2\n');
    await utimes(path, mtime, mtime);
    const after = await place.identity('e.csv');
    expect(after).not.toBe(before);
    // By way of a rename: the new file's own times may be old.
    await writeFile(`${path}.new`, 'n\n3\n');
    await utimes(`${path}.new`, mtime, mtime);
    await rename(`${path}.new`, path);
    expect(new Set([before, after, await place.identity('e.csv')]).size).toBe(3);
  });

  test('written over again and again in one go never keeps its old identity', async () => {
    const path = await place.file('f.csv', 'n\n0\n');
    const seen = new Set<string | null>();
    for (let i = 0; i < 20; i++) {
      await writeFile(path, `n\n${String(i).padStart(2, '0')}\n`);
      seen.add(await place.identity('f.csv'));
    }
    expect(seen.size).toBe(20);
  });

  test('is no identity of its own when the input is a reference', async () => {
    await place.file('g.csv', rows(0, 2));
    const { snapshot } = await place.validate({ source: 'g.csv' });
    const { sourceIdentity } = await import('#activities/data/source/identity.ts');
    const { sourceDependencies } = await import('#activities/data/validate-data.ts');
    const deps = sourceDependencies({ ...place, projectFolder: () => place.folder });
    expect(await sourceIdentity({ source: snapshot }, place.run, deps)).toBeNull();
    await expect(sourceIdentity({ source: 'not-there.csv' }, place.run, deps)).rejects.toMatchObject({
      type: 'DataInvalid',
    });
  });
});
