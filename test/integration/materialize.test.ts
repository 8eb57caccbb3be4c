/** `ratchet features materialize` as somebody types it: a real worker, Temporal and object store, on LMDB and on Redis. */
import { rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileKey, MATERIALIZED, materializedAt, readFile, viewKey } from '#ports/materialized.ts';
import { entityKey } from '#ports/online-key.ts';
import { decodeRow, encodeRow, type OnlineValue } from '#ports/online-row.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import { materializedViews } from '#serving/materialized.ts';
import { openOnlineStore } from '#workers/online/place.ts';
import { noRedis, startRedis, type TestRedis } from '../servers/redis.ts';
import { definitions, type Materializing, materializeServers } from './materialize-world.ts';

const world = materializeServers();
const us = (text: string) => BigInt(Date.parse(text)) * 1_000n;
const key = (id: bigint) => entityKey([['customer_id', id]]);

interface Answer {
  views: { view: string; files: number; rows: number; written: number; older: number; unchanged: number }[];
}
const HEAD = 'customer_id,happened,written,c,t,city,why,at,day\n';
const TYPES = {
  c: 'BIGINT',
  t: 'DOUBLE',
  why: 'BOOLEAN',
  at: 'TIMESTAMP',
  day: 'DATE',
  written: 'TIMESTAMP',
  happened: 'TIMESTAMP',
};

describe.each([
  ['LMDB', null],
  ['Redis', noRedis],
])('on %s', (name, leftOut) => {
  let here: Materializing;
  let redis: TestRedis | null = null;
  let address: string;
  let store: OnlineStore;
  beforeAll(async () => {
    if (leftOut) return;
    here = await world(name.toLowerCase());
    redis = name === 'Redis' ? await startRedis() : null;
    address = redis ? redis.url : `lmdb:${here.project.root}/online`;
    store = await openOnlineStore(address, here.project.root);
    await here.worker().ready();
  }, 300_000);
  afterAll(async () => {
    await store?.close();
    await redis?.close();
  });
  const read = async (view: string, id: bigint) => {
    const [[bytes] = []] = await store.read([{ key: key(id), views: [view] }]);
    return bytes ? decodeRow(bytes) : null;
  };
  const materialize = (...args: string[]) => here.features('materialize', ...args, '--store', address, '--json');

  test.skipIf(leftOut)('rows are the newest of each key, exact, and the same bytes as a push would write', async () => {
    await here.parquet(
      'profile-1.parquet',
      `${HEAD}1,2026-01-01T00:00:00,2026-01-02T00:00:00,1,0.5,Rome,true,2020-01-01T00:00:00.000001,1960-02-29
1,2026-01-03T00:00:00,2026-01-03T00:00:00,9007199254740993,NaN,Oslo,false,2020-01-01T00:00:00.123456,1980-02-29
1,2026-01-03T00:00:00,2026-01-02T00:00:00,7,inf,Bonn,false,,
2,2026-01-01T00:00:00,,,,,,,
2,2026-01-01T00:00:00,,-1,-inf,,,,
,2026-01-01T00:00:00,2026-01-02T00:00:00,1,1,Nobody,true,,
3,,2026-01-02T00:00:00,1,1,Never,true,,
4,2099-01-01T00:00:00,2026-01-02T00:00:00,1,1,Ahead,true,,
`,
      TYPES,
    );
    const done = await materialize('profile');
    expect(done).toMatchObject({ code: 0 });
    expect(done.json<Answer>().views).toMatchObject([
      {
        view: 'profile',
        files: 1,
        rows: 8,
        written: 2,
        older: 0,
        unchanged: 0,
        left: 0,
        withoutKey: 1,
        withoutTime: 1,
        ahead: 1,
      },
    ]);
    const values = new Map<string, OnlineValue>([
      ['n', 9007199254740993n],
      ['x', Number.NaN],
      ['city', 'Oslo'],
      ['yes', false],
      ['at', us('2020-01-01T00:00:00Z') + 123_456n],
      ['day', BigInt(Date.parse('1980-02-29') / 86_400_000)],
    ]);
    const [[bytes] = []] = await store.read([{ key: key(1n), views: ['profile'] }]);
    const pushed = encodeRow({ event: us('2026-01-03T00:00:00Z'), created: us('2026-01-03T00:00:00Z'), values });
    expect(Buffer.from(bytes ?? [])).toEqual(Buffer.from(pushed));
    const second = await read('profile', 2n);
    // Of one time and no time of writing: the last in the file.
    expect(second).toMatchObject({ created: null });
    expect(Object.fromEntries(second?.values ?? [])).toEqual({
      n: -1n,
      x: -Infinity,
      city: null,
      yes: null,
      at: null,
      day: null,
    });
    expect(await read('profile', 3n)).toBeNull();
    expect(await read('profile', 4n)).toBeNull();
    // What has rows of a time that has not come is read again.
    expect((await materialize('profile')).json<Answer>().views).toMatchObject([{ files: 1, written: 0, older: 2 }]);
  });

  test.skipIf(leftOut)(
    'only files that are new or changed are read, and a late row in a new one is not missed',
    async () => {
      await here.project.write({
        'data/plain-1.csv': 'customer_id,happened,city\n1,2026-02-01T00:00:00,Rome\n2,2026-02-03T00:00:00,Bonn\n',
      });
      const first = await materialize('plain');
      expect(first.json<Answer>().views).toMatchObject([
        { view: 'plain', files: 1, rows: 2, written: 2, unchanged: 0 },
      ]);
      expect((await materialize('plain')).json<Answer>().views).toMatchObject([{ files: 0, rows: 0, unchanged: 1 }]);
      // It happened before what was read, and was written after it.
      await here.project.write({
        'data/plain-0.csv': 'customer_id,happened,city\n3,2026-01-01T00:00:00,Late\n2,2026-01-01T00:00:00,Older\n',
      });
      expect((await materialize('plain')).json<Answer>().views).toMatchObject([
        { files: 1, rows: 2, written: 1, older: 1, unchanged: 1 },
      ]);
      expect((await read('plain', 3n))?.values.get('city')).toBe('Late');
      expect((await read('plain', 2n))?.values.get('city')).toBe('Bonn');
      await here.project.write({ 'data/plain-1.csv': 'customer_id,happened,city\n1,2026-02-05T00:00:00,Paris\n' });
      expect((await materialize('plain')).json<Answer>().views).toMatchObject([{ files: 1, rows: 1, written: 1 }]);
      expect((await read('plain', 1n))?.values.get('city')).toBe('Paris');
      const [[row] = []] = await store.read([
        { key: fileKey('plain', `${here.project.root}/data/plain-1.csv`), views: [MATERIALIZED] },
      ]);
      expect(readFile(row)).toMatchObject({ rows: 1, again: null });
      const [[whole] = []] = await store.read([{ key: viewKey('plain'), views: [MATERIALIZED] }]);
      expect(Number(materializedAt(whole) ?? 0n) / 1_000).toBeGreaterThan(Date.now() - 3_600_000);
      const freshness = await materializedViews(['plain', 'counts'], store);
      expect([...freshness.keys()]).toEqual(['plain']);
      expect((await materialize('plain', '--all')).json<Answer>().views).toMatchObject([
        { files: 2, rows: 3, written: 0, older: 3 },
      ]);
    },
  );

  test.skipIf(leftOut)('a stretch of time has both ends, counts for nothing later, and 0 rows are told', async () => {
    await here.project.write({
      'data/plain-2.csv':
        'customer_id,happened,city\n8,2025-01-01T00:00:00,A\n8,2025-01-02T00:00:00,B\n8,2025-01-03T00:00:00,C\n',
    });
    const some = await materialize('plain', '--from', '2025-01-01', '--to', '2025-01-02');
    expect(some.json<Answer>().views).toMatchObject([{ files: 3, rows: 6, written: 1, outside: 4 }]);
    expect((await read('plain', 8n))?.values.get('city')).toBe('B');
    expect((await materialize('plain')).json<Answer>().views).toMatchObject([{ files: 1, written: 1 }]);
    expect((await read('plain', 8n))?.values.get('city')).toBe('C');
    const none = await here.features('materialize', 'plain', '--from', '2031-01-01', '--store', address);
    expect(none).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/plain: 0 rows in \[2031-01-01T00:00:00\.000Z, now\] of 3 files/),
    });
    const mistaken = await materialize('plain', '--from', '2026-01-02', '--to', '2026-01-01');
    expect(mistaken).toMatchObject({ code: 2, stdout: expect.stringMatching(/is after --to/) });
  });

  test.skipIf(leftOut)(
    'events of windows count once, whatever files they are in, and alike ones are told apart',
    async () => {
      const at = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19);
      const [early, late] = [at(30), at(3)];
      const head = 'customer_id,happened,amount';
      // The same row twice in one file, and once more in another: three events.
      await here.project.write({
        'data/events-1.csv': `${head}\n1,${late},5\n1,${late},5\n1,${early},2.5\n2,${at(24 * 400)},7\n`,
        'data/events-2.csv': `${head}\n1,${late},5\n,${late},5\n3,${late},NaN\n`,
      });
      const read = async (id: string) => {
        const got = await here.features(
          ...[
            'get',
            `customer_id=${id}`,
            '--features',
            'counts:n7,counts:total,counts:day',
            '--store',
            address,
            '--json',
          ],
        );
        const { features } = got.json<{ features: Record<string, { value: unknown }> }>();
        return ['n7', 'total', 'day'].map((name) => Number(features[name]?.value));
      };
      const done = await materialize('counts');
      expect(done.json<Answer>().views).toMatchObject([
        { files: 2, rows: 7, withoutKey: 1, events: 5, written: 0, older: 0 },
      ]);
      expect(await read('1')).toEqual([4, 17.5, 3]);
      expect(await read('2')).toEqual([0, 0, 0]);
      expect((await materialize('counts')).json<Answer>().views).toMatchObject([{ files: 0, unchanged: 2 }]);
      // Another file: all are read for their places, and what was told counts no second time.
      await here.project.write({ 'data/events-0.csv': `${head}\n1,${late},5\n1,${at(1)},1\n` });
      expect((await materialize('counts')).json<Answer>().views).toMatchObject([{ files: 3, events: 7 }]);
      expect(await read('1')).toEqual([6, 23.5, 5]);
      expect((await materialize('counts', '--all')).code).toBe(0);
      expect(await read('1')).toEqual([6, 23.5, 5]);
    },
  );

  test.skipIf(leftOut)('two at once do it once or twice, and end in the same', async () => {
    await rm(`${here.project.root}/data/plain-2.csv`);
    const lines = Array.from({ length: 20_000 }, (_, row) => `${row},2026-03-01T00:00:00,city ${row}`);
    await writeFile(`${here.project.root}/data/plain-3.csv`, `customer_id,happened,city\n${lines.join('\n')}\n`);
    const started = await here.features('materialize', 'plain', '--no-wait', '--store', address, '--json');
    expect(started.json()).toMatchObject({
      views: [{ view: 'plain', already: false, workflowId: `materialize/of-${name.toLowerCase()}/plain` }],
    });
    const again = await here.features('materialize', 'plain', '--no-wait', '--store', address, '--json');
    expect(again.code).toBe(0);
    const end = await materialize('plain');
    expect(end.code).toBe(0);
    expect((await read('plain', 19_999n))?.values.get('city')).toBe('city 19999');
    expect((await materialize('plain')).json<Answer>().views).toMatchObject([{ files: 0, unchanged: 3 }]);
  });

  test.skipIf(leftOut)(
    'another definition reads all again; a source that does not fit it says so, and nothing counts as read',
    async () => {
      // One file each: a process reads a module once.
      const as = async (file: string, features: string) => {
        await here.project.write({ [file]: definitions(features) });
        return materialize('profile', '--definitions', file);
      };
      expect((await as('less.ts', "{ city: 'string' }")).json<Answer>().views).toMatchObject([
        { files: 1, rows: 8, unchanged: 0 },
      ]);
      const unfit = await as('unfit.ts', "{ city: 'string', c: 'string' }");
      expect(unfit).toMatchObject({ code: 2, stdout: expect.stringMatching(/c is BIGINT, and c is declared string/) });
      expect(await as('shoe.ts', "{ city: 'string', shoe: 'string' }")).toMatchObject({
        code: 2,
        stdout: expect.stringMatching(/shoe/),
      });
      await here.parquet(
        'profile-2.parquet',
        'customer_id,happened,written\n1,2026-04-01T00:00:00,2026-04-01T00:00:00\n',
      );
      const changed = await materialize('profile');
      expect(changed).toMatchObject({ code: 2, stdout: expect.stringMatching(/profile-2\.parquet/) });
      await rm(`${here.project.root}/data/profile-2.parquet`);
    },
  );
});

test.each([
  ['an unknown view', ['profil'], /profil.*profile/],
  ['a view that is not kept online', ['hidden'], /online: false/],
  ['a password in an address', ['plain', '--store', 'redis://anna:secret@h:1'], /RATCHET_REDIS_PASSWORD/],
  ['no store', ['plain', '--store', 'mysql:x'], /--store names no store/],
])('%s is told in words, with exit code 2', async (_, args, words) => {
  const here = await world('mistakes');
  const told = await here.features('materialize', ...args);
  expect(told).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(words) });
  expect(told.stderr).not.toContain('secret');
});
