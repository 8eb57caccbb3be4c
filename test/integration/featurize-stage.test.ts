/** The stage as a pipeline's author meets it: joins, expressions, leaks, splits, and what it says when something is wrong. */

import { continuousTraining, python } from 'ratchet-ml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { DatasetRef } from '#contracts/data.ts';
import type { featurize } from '#contracts/stages/featurize.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

let place: DataWorkplace;
let flights: DatasetRef;
let weather: DatasetRef;
let planes: DatasetRef;
/** 48 flights, one an hour from 2026-01-01; tail numbers N0 … N3; delay = its number; two of each origin in turn. */
const flightCsv = `id,time,origin,tailnum,arr_delay,year\n${Array.from({ length: 48 }, (_, i) => `${i},${new Date(Date.parse('2026-01-01T00:00:00Z') + i * 3_600_000).toISOString()},${i % 2 ? 'JFK' : 'EWR'},N${i % 4},${i},2026`).join('\n')}\n`;

beforeAll(async () => {
  place = await createDataWorkplace();
  flights = await place.dataset('flights', flightCsv);
  weather = await place.dataset(
    'weather',
    'origin,at,temp\nEWR,2026-01-01T00:00:00Z,10\nEWR,2026-01-01T12:00:00Z,20\nEWR,2026-01-01T12:00:00Z,21\nEWR,,99\n,2026-01-01T12:00:00Z,98\nJFK,2026-01-02T00:00:00Z,30\n',
  );
  planes = await place.dataset('planes', 'tailnum,year,seats\nN0,2000,100\nN1,2010,200\nN2,2020,300\n');
});
afterAll(() => place.close());

type Input = Partial<z.input<typeof featurize.input>>;
const run = (input: Input) =>
  place.featurize({ data: flights, time: 'time', split: { by: 'share', holdout: 0.25 }, ...input });
async function all(input: Input, columns: Record<string, 'number' | 'text'>) {
  const { train, holdout } = await run(input);
  const [a, b] = await Promise.all([place.rows(train, columns), place.rows(holdout, columns)]);
  return Object.fromEntries(Object.keys(columns).map((name) => [name, [...(a?.[name] ?? []), ...(b?.[name] ?? [])]]));
}
const weatherView = () => ({ name: 'weather', data: weather, time: 'at', on: { origin: 'origin' } });
const planeView = () => ({ name: 'planes', data: planes, on: { tailnum: 'tailnum' }, prefix: 'plane_' });
const wrong = (message: RegExp, type = 'InvalidInput') => ({
  name: 'UserError',
  type,
  message: expect.stringMatching(message),
});

describe('a view with a time', () => {
  test('gives the last row at or before; of two at one time the last in the file; rows without key or time are none', async () => {
    const { id, temp } = await all({ views: [weatherView()] }, { id: 'number', temp: 'number' });
    const at = (n: number) => temp?.[id?.indexOf(n) ?? -1];
    expect([at(0), at(10), at(12), at(46), at(1), at(23), at(25)]).toEqual([10, 10, 21, 21, null, null, 30]);
  });

  test('of two at one time gives the one created last', async () => {
    const doubled = await place.dataset(
      'doubled',
      'origin,at,created,temp\nEWR,2026-01-01T00:00:00Z,2,22\nEWR,2026-01-01T00:00:00Z,1,11\n',
    );
    const { temp } = await all(
      { views: [{ ...weatherView(), data: doubled, created: 'created' }] },
      { temp: 'number' },
    );
    expect(temp?.filter((value) => value !== null).every((value) => value === 22)).toBe(true);
  });

  test('forgets old rows and waits until a row is known', async () => {
    const { temp, id } = await all(
      { views: [{ ...weatherView(), maxAge: '6h', availableAfter: '2h' }] },
      { id: 'number', temp: 'number' },
    );
    const known = id?.filter((_, i) => temp?.[i] !== null);
    // EWR: hours 2–6 of the first row, 14–18 of the second. JFK: 26–30 of its one, at odd hours.
    expect(known).toEqual([2, 4, 6, 14, 16, 18, 27, 29]);
  });

  test('in another time zone, or of days, is the same instant', async () => {
    const zoned = await place.dataset('zoned', 'origin,at,temp\nEWR,2026-01-01T02:00:00+02:00,10\n');
    const daily = await place.dataset('daily', 'origin,at,temp\nEWR,2026-01-02,10\n', { at: 'DATE' });
    expect(daily.columns[1]?.type).toBe('DATE');
    const first = async (data: DatasetRef) => {
      const { id, temp } = await all({ views: [{ ...weatherView(), data }] }, { id: 'number', temp: 'number' });
      return id?.find((_, i) => temp?.[i] !== null);
    };
    expect(await first(zoned)).toBe(0);
    expect(await first(daily)).toBe(24);
  });
});

test('nanoseconds: a row is not seen a microsecond before its time', async () => {
  const data = await place.dataset(
    'ns-data',
    'id,time\n1,2026-01-01 00:00:00.000000400\n2,2026-01-01 00:00:00.000001\n',
    {
      time: 'TIMESTAMP_NS',
    },
  );
  const view = await place.dataset('ns-view', 'at,v\n2026-01-01 00:00:00.000000500,7\n', { at: 'TIMESTAMP_NS' });
  expect([data.columns[1]?.type, view.columns[0]?.type]).toEqual(['TIMESTAMP_NS', 'TIMESTAMP_NS']);
  const { v } = await all({ data, views: [{ name: 'v', data: view, time: 'at', on: {} }] }, { v: 'number' });
  expect(v).toEqual([null, 7]);
});

describe('a lookup', () => {
  test('joins by key, says which share it found, keeps every row once', async () => {
    const { matched, train, holdout } = await run({ views: [planeView()] });
    expect(matched).toEqual({ planes: 0.75 });
    expect(train.rows + holdout.rows).toBe(48);
    const { plane_seats } = await all({ views: [planeView()] }, { plane_seats: 'number' });
    expect(plane_seats?.slice(0, 4)).toEqual([100, 200, 300, null]);
  });

  test('with two rows for a key is refused with the key', async () => {
    const twice = await place.dataset('twice', 'tailnum,seats\nN1,1\nN0,2\nN1,3\n');
    await expect(run({ views: [{ ...planeView(), data: twice }] })).rejects.toMatchObject(
      wrong(/view planes has 2 rows for tailnum = N1.*a lookup may have one/, 'DataInvalid'),
    );
  });

  test('that brings a name twice, or compares what is never equal, is refused', async () => {
    await expect(run({ views: [{ ...planeView(), prefix: '' }] })).rejects.toMatchObject(
      wrong(/the view planes brings the column year, which data has already: give the view a prefix/),
    );
    await expect(run({ views: [{ ...planeView(), on: { id: 'tailnum' } }] })).rejects.toMatchObject(
      wrong(/id is BIGINT and the view's tailnum is VARCHAR, which are never equal/),
    );
    await expect(run({ views: [{ ...planeView(), on: { tailnum: 'tailnr' } }] })).rejects.toMatchObject(
      wrong(/column tailnr is missing; there is tailnum: renamed\?/),
    );
    await expect(run({ views: [{ ...planeView(), on: {} }] })).rejects.toMatchObject(wrong(/neither `time` nor `on`/));
    await expect(run({ views: [{ ...planeView(), maxAge: '1d' }] })).rejects.toMatchObject(
      wrong(/maxAge but no `time`/),
    );
    await expect(run({ time: undefined, views: [weatherView()] })).rejects.toMatchObject(
      wrong(/the data have none to join it at/),
    );
    await expect(run({ views: [planeView(), { ...planeView(), prefix: 'x_' }] })).rejects.toMatchObject(
      wrong(/two views are called planes/),
    );
  });
});

describe('expressions', () => {
  test('may use those before them, and windows that look back', async () => {
    const found = await all(
      {
        derive: {
          late: 'CAST(arr_delay > 40 AS INTEGER)',
          later: 'late + 1',
          before: 'lag(id) OVER (PARTITION BY origin ORDER BY time)',
          mean: 'avg(id) OVER (ORDER BY time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)',
        },
        where: 'id >= 4',
      },
      { id: 'number', late: 'number', later: 'number', before: 'number', mean: 'number' },
    );
    expect(found.id?.slice(0, 3)).toEqual([4, 5, 6]);
    // Windows see the rows that `where` leaves out: they are computed before it.
    expect(found.before?.slice(0, 3)).toEqual([2, 3, 4]);
    expect(found.mean?.slice(0, 2)).toEqual([3, 4]);
    expect(found.later?.at(-1)).toBe(2);
  });

  test.each([
    ['lead(id) OVER (ORDER BY time)', /looks at later rows/],
    ['avg(id) OVER (ORDER BY time DESC)', /not in time order/],
    ['avg(id) OVER (PARTITION BY origin)', /not in time order/],
    ['avg(id) OVER (ORDER BY time ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)', /ends after the row/],
    ['lag(id, -1) OVER (ORDER BY time)', /plain positive number/],
    [
      'last_value(id) OVER (ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)',
      /ends after the row/,
    ],
    ['idd + 1', /derive\.x: column idd is missing; there is id: renamed\?/],
  ])('refuses %s', async (text, message) => {
    await expect(run({ derive: { x: text } })).rejects.toMatchObject(wrong(message));
  });

  test('whose name is taken are refused', async () => {
    await expect(run({ derive: { ID: '1' } })).rejects.toMatchObject(
      wrong(/brings the column ID, which data has already/),
    );
    await expect(run({ derive: { __ratchet_row: '1' } })).rejects.toMatchObject(wrong(/kept for internal columns/));
  });
});

describe('leakage', () => {
  const derive = { late: 'arr_delay > 15', gap: 'arr_delay - 1', gap2: 'gap * 2', echo: 'NOT late' };
  const leaky = { derive, leakage: ['arr_delay'], target: 'late' };

  test('and all that is computed from it is left out when nothing is selected; the target stays', async () => {
    const { train } = await run(leaky);
    expect(train.columns.map(({ name }) => name)).toEqual(['id', 'time', 'origin', 'tailnum', 'year', 'late']);
  });

  test('through a window over the labels of other rows is refused with the view that knows when they are known', async () => {
    const before = 'lag(late) OVER (PARTITION BY origin ORDER BY time)';
    const split = { by: 'time', asOf: '2026-01-02T00:00:00Z', train: '10h', gap: '3h', holdout: '5h' } as const;
    await expect(run({ ...leaky, derive: { ...derive, before }, split })).rejects.toMatchObject(
      wrong(
        /derive\.before looks at the target late of other rows.* 3h after .*on: \{ origin: 'origin' \}, columns: \['arr_delay'\], .*availableAfter: '3h' \}\]$/,
      ),
    );
    // A column that nothing is trained on may be made of anything.
    const { train } = await run({ ...leaky, derive: { ...derive, before }, where: 'before IS NULL OR true' });
    expect(train.columns.map(({ name }) => name)).not.toContain('before');
  });

  test('is refused when selected, with the way it came', async () => {
    await expect(run({ ...leaky, select: ['id', 'arr_delay', 'gap2', 'echo', 'late'] })).rejects.toMatchObject(
      wrong(
        /arr_delay \(leakage lists it.*gap2 \(it is computed from gap, which is known only after the fact\), echo \(it is computed from the target late\)/,
      ),
    );
    await expect(run({ ...leaky, select: ['id'] })).rejects.toMatchObject(wrong(/target late is not in select/));
    await expect(run({ ...leaky, leakage: ['arr_dealy'] })).rejects.toMatchObject(
      wrong(/leakage: column arr_dealy is missing; there is arr_delay/),
    );
    await expect(run({ select: ['id', 'id'] })).rejects.toMatchObject(wrong(/select names id twice/));
  });
});

describe('a split', () => {
  test('by time: windows end before asOf, the gap belongs to neither, no row is in both', async () => {
    const { train, holdout } = await run({
      split: { by: 'time', asOf: '2026-01-02T00:00:00Z', train: '10h', gap: '3h', holdout: '5h' },
    });
    expect((await place.rows(train, { id: 'number' })).id).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect((await place.rows(holdout, { id: 'number' })).id).toEqual([19, 20, 21, 22, 23]);
  });

  test('by share: the last rows in time, whatever the order of the file', async () => {
    const [head, ...lines] = flightCsv.trim().split('\n');
    const shuffled = await place.dataset('shuffled', `${[head, ...lines.reverse()].join('\n')}\n`);
    const { train, holdout } = await run({ data: shuffled });
    expect((await place.rows(holdout, { id: 'number' })).id).toEqual(Array.from({ length: 12 }, (_, i) => 36 + i));
    expect(train.rows).toBe(36);
  });

  test('without a time is in the order of the file', async () => {
    const { holdout } = await run({ time: undefined });
    expect((await place.rows(holdout, { id: 'number' })).id?.[0]).toBe(36);
  });

  test('with an empty part says what the data hold and which asOf would do', async () => {
    const at = (asOf: string) => run({ split: { by: 'time', asOf, train: '10h', holdout: '5h' } });
    await expect(at('2026-02-01')).rejects.toMatchObject(
      wrong(
        /the training window is empty: no row is from 2026-01-31T09:00:00Z up to .*from 2026-01-01 to 2026-01-02T23:00:00Z; an asOf after 2026-01-01T05:00:00Z and until 2026-01-02T23:00:00Z would/,
        'DataInvalid',
      ),
    );
    await expect(at('2026-01-01T03:00:00Z')).rejects.toMatchObject(
      wrong(/the training window is empty/, 'DataInvalid'),
    );
    await expect(run({ where: 'id < 0' })).rejects.toMatchObject(
      wrong(/the training window is empty: there are fewer than two rows that `where` keeps/, 'DataInvalid'),
    );
    await expect(at('someday')).rejects.toMatchObject(wrong(/split\.asOf is "someday"/));
    await expect(
      run({ time: undefined, split: { by: 'time', asOf: '2026-01-01', train: '1d', holdout: '1d' } }),
    ).rejects.toMatchObject(wrong(/no `time`/));
    await expect(run({ time: 'origin' })).rejects.toMatchObject(wrong(/time: origin is VARCHAR, not a date/));
  });

  test('with rows that have no time asks to leave them out', async () => {
    const holes = await place.dataset('holes', 'id,time\n1,2026-01-01T00:00:00Z\n2,\n3,2026-01-01T02:00:00Z\n');
    await expect(run({ data: holes })).rejects.toMatchObject(
      wrong(/1 rows have no time.*where: 'time IS NOT NULL'/, 'DataInvalid'),
    );
    expect((await run({ data: holes, where: 'time IS NOT NULL' })).train.rows).toBe(1);
  });
});

test('the same input gives the same bytes, and is stored once', async () => {
  const input: Input = {
    views: [weatherView(), planeView()],
    derive: { late: 'arr_delay > 15' },
    select: ['id', 'temp', 'plane_seats', 'late'],
  };
  const first = await run(input);
  const uploads = place.store.calls.upload;
  expect(await run(input)).toEqual(first);
  expect(place.store.calls.upload).toBe(uploads);
});

test('a cancel ends it and leaves nothing in the store', async () => {
  const abort = new AbortController();
  const uploads = place.store.calls.upload;
  const running = place.featurize(
    { data: flights, time: 'time', derive: { x: 'id * 3' }, split: { by: 'share', holdout: 0.3 } },
    abort.signal,
  );
  abort.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  expect(place.store.calls.upload).toBe(uploads);
});

describe('late labels', () => {
  const day = 86_400_000;
  const now = Date.parse('2026-06-01T00:00:00Z');
  const at = (age: number) => new Date(now - age * day).toISOString();
  /** A row an hour for 150 days up to now; labels come 28 days after it: as empty values, or the rows come that late. */
  const csv = (rows: 'unlabelled' | 'absent') =>
    `time,x,y\n${Array.from({ length: 150 * 24 }, (_, hour) => {
      const time = now - (hour + 1) * 3_600_000;
      const known = time < now - 28 * day;
      return rows === 'absent' && !known
        ? []
        : [`${new Date(time).toISOString()},${hour % 7},${known ? hour % 2 : ''}`];
    })
      .flat()
      .join('\n')}\n`;
  const splitOf = (more: object) => {
    const preset = continuousTraining({
      ...{ name: 'late', data: 'rows.csv', time: 'time', target: 'y', train: '60d', holdout: '28d' },
      ...{ trainer: python('train.py'), rules: { metric: 'roc_auc', minimumEffect: 0 } },
      ...more,
    });
    const { nodes } = preset.compile({}, { champion: null, asOf: at(0) });
    const node = nodes.find(({ id }) => id === 'featurize');
    return (node?.input as { split: Input['split'] } | undefined)?.split;
  };

  test.each(['unlabelled', 'absent'] as const)(
    'a preset that says how late they are has a holdout as of now, all of it labelled (%s)',
    async (rows) => {
      const data = await place.dataset(`late-${rows}`, csv(rows));
      const made = await run({ data, target: 'y', split: splitOf({ labelsAfter: '28d' }) });
      expect(made).toMatchObject({ train: { rows: 60 * 24 }, holdout: { rows: 28 * 24 } });
      for (const part of [made.train, made.holdout]) {
        const { y } = await place.rows(part, { y: 'number' });
        expect(y?.every((value) => value !== null)).toBe(true);
      }
    },
  );

  test('one that does not is refused before anything is trained, with the windows, the last label and what to write', async () => {
    const split = splitOf({});
    const data = await place.dataset('late-refused', csv('unlabelled'));
    await expect(run({ data, target: 'y', split })).rejects.toMatchObject(
      wrong(
        /the holdout from 2026-05-04 up to 2026-06-01 has 672 rows and no label: y is missing in all of them\. .*the last row with a label is of 2026-05-03T23:00:00Z; .*labelsAfter: '29d'/,
        'DataInvalid',
      ),
    );
    const absent = await place.dataset('late-absent', csv('absent'));
    await expect(run({ data: absent, target: 'y', split })).rejects.toMatchObject(
      wrong(
        /the holdout is empty: no row is from 2026-05-04 up to 2026-06-01.*labelsAfter of continuousTraining/,
        'DataInvalid',
      ),
    );
  });
});
