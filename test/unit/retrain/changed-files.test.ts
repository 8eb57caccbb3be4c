/** What became of files between two looks, and what of it counts as new: against a world whose truth is known. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { newRows } from 'ratchet-ml';
import { afterAll, describe, expect, it } from 'vitest';
import { goneSince, keepMemory, readMemory, remembered, uncounted } from '#activities/watch/cursor.ts';
import { grewSince, partitionsOf } from '#activities/watch/file-changes.ts';
import type { CountedFile, WatchedFile } from '#activities/watch/watched-files.ts';
import { type Json, jsonBytes } from '#contracts/json.ts';
import type { LoopMemory } from '#contracts/loop/activities.ts';
import { DataArrived } from '#contracts/loop/evidence.ts';
import { pendingOfBoth, withPartitions } from '#decisions/retrain/pending-files.ts';
import { doubtsAbout } from '#gateway/plausible.ts';
import { loopDetails } from '#workflows/loop/details.ts';
import { loopStatus } from '#workflows/loop/status.ts';
import { createFolderStore } from '../../conformance/folder-store.ts';
import { day, Story } from './story.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-counted-'));
const store = createFolderStore(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Content {
  rows: number;
  digest: string;
  /** Changes whenever the file is written; of an object, whose version is its ETag, when its bytes do. */
  version: string;
  /** When it says that it is there since; default: always the same time. */
  changed?: string;
}

/** The watch and the loop's count of new rows, over files that are given at each look. The loop takes a name once. */
function watching(mark: Json = null) {
  let facts = { newRows: 0, newPartitions: 0, pending: [] as [string, number, number][] };
  const told = new Set<string>();
  return {
    async look(files: ReadonlyMap<string, Content>) {
      const there = [...files].map(
        ([label, { version, changed = '2026-01-01T00:00:00.000Z' }]): WatchedFile => ({
          ...{ label, version, source: label, partition: `${label}@${version}`, changed, size: 1 },
        }),
      );
      const memory = await readMemory(store, mark);
      const gone = goneSince(there, memory);
      const counted = uncounted(there, memory).map((file): CountedFile => {
        const { rows, digest } = files.get(file.label) as Content;
        return { file, rows, last: null, digest };
      });
      const partitions = partitionsOf(counted, gone, memory);
      const next = remembered(memory, there, new Map(counted.map((each) => [each.file.label, each])), gone);
      const until =
        there
          .map(({ changed }) => changed)
          .toSorted()
          .at(-1) ?? '';
      mark = await keepMemory(store, 'p', next, { before: mark, now: Date.now(), until });
      const fresh = partitions.filter(({ name }) => !told.has(name));
      for (const { name } of fresh) told.add(name);
      facts = withPartitions(facts, fresh);
      return { newRows: facts.newRows, newPartitions: facts.newPartitions, told: partitions.length };
    },
    trained() {
      facts = { newRows: 0, newPartitions: 0, pending: [] };
    },
    mark: () => mark,
  };
}

let versions = 0;
const content = (rows: number, digest = `d${++versions}`): Content => ({ rows, digest, version: `v${++versions}` });

describe('files that the watch looks at', () => {
  it('a file that was removed takes its rows with it, another one that came counts', async () => {
    const { look } = watching();
    await look(new Map([['a', content(84_853)]]));
    expect(await look(new Map([['b', content(116_042)]]))).toMatchObject({ newRows: 116_042, newPartitions: 1 });
  });

  it('a file that was trained on takes nothing of what came since with it', async () => {
    const { look, trained } = watching();
    const a = content(1_000);
    await look(new Map([['a', a]]));
    trained();
    const b = content(300);
    await look(
      new Map([
        ['a', a],
        ['b', b],
      ]),
    );
    expect(await look(new Map([['b', b]]))).toMatchObject({ newRows: 300, newPartitions: 1 });
  });

  it('the same rows under another name, or written anew, are no news', async () => {
    const { look, trained } = watching();
    const a = content(500, 'same');
    await look(new Map([['a', a]]));
    trained();
    expect(await look(new Map([['b', content(500, 'same')]]))).toEqual({ newRows: 0, newPartitions: 0, told: 0 });
    expect(await look(new Map([['b', content(500, 'same')]]))).toEqual({ newRows: 0, newPartitions: 0, told: 0 });
    expect(await look(new Map([['b', content(620)]]))).toMatchObject({ newRows: 120, newPartitions: 1 });
  });

  it('a mark of before, which knows no digests, is still read', async () => {
    const memory = await readMemory(store, { files: { a: ['v1', 10, null] }, until: '', epoch: null });
    const file: WatchedFile = { label: 'a', source: 'a', partition: 'a@v2', version: 'v2', changed: '', size: 1 };
    expect(partitionsOf([{ file, rows: 14, last: null, digest: 'd' }], [], memory)).toEqual([
      { name: 'a@v2', rows: 4, file: 'a' },
    ]);
  });

  const action = fc.record({
    what: fc.constantFrom('add', 'remove', 'grow', 'shrink', 'replace', 'rewrite', 'rename', 'look'),
    at: fc.nat(5),
    rows: fc.integer({ min: 1, max: 1_000 }),
  });

  it('count what is there, whatever was done to them between two looks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const files = new Map<string, Content>();
        const { look } = watching();
        for (const { what, at, rows } of actions) {
          const label = `f${at}`;
          const before = files.get(label);
          if (what === 'add' || (what === 'replace' && before)) files.set(label, content(rows));
          else if (what === 'remove') files.delete(label);
          else if (before && what === 'grow') files.set(label, content(before.rows + rows));
          else if (before && what === 'shrink') files.set(label, content(Math.max(1, before.rows - rows)));
          else if (before && what === 'rewrite') files.set(label, content(before.rows, before.digest));
          else if (before && what === 'rename' && !files.has(`g${at}`)) {
            files.delete(label);
            files.set(`g${at}`, content(before.rows, before.digest));
          } else if (what === 'look') {
            const there = [...files.values()].reduce((sum, each) => sum + each.rows, 0);
            expect((await look(files)).newRows).toBe(there);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('count only what came since the last training and is there still', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            what: fc.constantFrom('add', 'remove', 'grow', 'train'),
            at: fc.nat(5),
            rows: fc.integer({ min: 1, max: 1_000 }),
          }),
          { maxLength: 60 },
        ),
        async (actions) => {
          const files = new Map<string, Content>();
          const fresh = new Map<string, number>();
          const { look, trained } = watching();
          for (const { what, at, rows } of actions) {
            const label = `f${at}`;
            const before = files.get(label);
            if (what === 'train') {
              trained();
              fresh.clear();
            } else if (what === 'remove') {
              files.delete(label);
              fresh.delete(label);
            } else if (what === 'grow' ? before : !before) {
              files.set(label, content((before?.rows ?? 0) + rows));
              fresh.set(label, (fresh.get(label) ?? 0) + rows);
            }
            expect((await look(files)).newRows).toBe([...fresh.values()].reduce((sum, each) => sum + each, 0));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('objects, whose version is that of their bytes', () => {
  const object = (rows: number, digest = `d${rows}`): Content => ({ rows, digest, version: digest });

  it('one that is put back as it was, or overwritten with what it was before, counts as what is there', async () => {
    const { look } = watching();
    const looks: [Record<string, Content>, number][] = [
      [{ a: object(10) }, 10],
      [{ a: object(4) }, 4],
      [{ a: object(10) }, 10],
      [{}, 0],
      [{ a: object(10) }, 10],
      [{}, 0],
      [{ a: object(10), b: object(3) }, 13],
      [{ b: object(3) }, 3],
    ];
    for (const [files, rows] of looks) expect((await look(new Map(Object.entries(files)))).newRows).toBe(rows);
  });

  it('count what is there, whatever is put, overwritten and removed', async () => {
    const change = fc.record({
      at: fc.nat(3),
      rows: fc.constantFrom(null, 1, 20, 300),
      look: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes) => {
        const files = new Map<string, Content>();
        const { look } = watching();
        for (const { at, rows, look: looks } of changes) {
          if (rows === null) files.delete(`f${at}`);
          // Bytes that no other name has: the same under two names is another property.
          else files.set(`f${at}`, object(rows, `${at} ${rows}`));
          const there = [...files.values()].reduce((sum, each) => sum + each.rows, 0);
          if (looks) expect((await look(files)).newRows).toBe(there);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('more files than the cursor names', () => {
  const time = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString();

  it('each is counted once, in whatever order they come and whatever time they say', async () => {
    const arrival = fc.record({ look: fc.nat(4), second: fc.nat(50), rows: fc.integer({ min: 1, max: 99 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { minLength: 120, maxLength: 260 }), async (arrivals) => {
        const { look, mark } = watching();
        const files = new Map<string, Content>();
        let rows = 0;
        for (let now = 0; now <= 5; now++) {
          for (const [n, each] of arrivals.entries()) {
            if (each.look !== now) continue;
            files.set(`f${n}`, { ...content(each.rows), changed: time(each.second) });
            rows += each.rows;
          }
          const { newRows, newPartitions } = await look(files);
          expect({ newRows, newPartitions }).toEqual({ newRows: rows, newPartitions: files.size });
          expect(jsonBytes(mark())).toBeLessThan(40 * 1024);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('the loop keeps a small mark of ten thousand; the store the newest lists, and those of a week', async () => {
    const { look, mark } = watching();
    const files = new Map(
      Array.from({ length: 10_000 }, (_, n) => [`s3-folder/${'long'.repeat(20)}/${n}.parquet`, content(1)]),
    );
    await look(files);
    expect(jsonBytes(mark())).toBeLessThan(40 * 1024);
    const lists = () => readdirSync(join(folder, 'watched', 'p'));
    for (const name of lists()) utimesSync(join(folder, 'watched', 'p', name), 1, 1);
    const current = (mark() as { all: { uri: string } }).all.uri.split('/').at(-1);
    files.set('late', { ...content(5), changed: time(-1_000_000) });
    expect((await look(files)).newRows).toBe(10_005);
    expect(lists()).toHaveLength(2);
    expect(lists()).toContain(current);
  });

  it('lists of many bytes are kept for half a day, the newest for a week', async () => {
    const { look, mark } = watching();
    const files = new Map(Array.from({ length: 150 }, (_, n) => [`f${n}`, content(1)]));
    const place = join(folder, 'watched', 'p');
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    const now = Date.now() / 1_000;
    for (const [name, days] of [
      ['a', 5],
      ['b', 4],
      ['c', 3],
      ['d', 0.1],
    ] as const) {
      writeFileSync(join(place, name), '');
      truncateSync(join(place, name), 100 * 1024 * 1024);
      utimesSync(join(place, name), now - days * 86_400, now - days * 86_400);
    }
    await look(files);
    const current = (mark() as { all: { uri: string } }).all.uri.split('/').at(-1);
    expect(readdirSync(place).sort()).toEqual([current, 'c', 'd'].sort());
  });

  it('a list that is gone or damaged is told, and files count by their time', async () => {
    const { look, mark } = watching();
    const files = new Map(Array.from({ length: 150 }, (_, n) => [`f${n}`, { ...content(1), changed: time(n) }]));
    await look(files);
    const { uri } = (mark() as { all: { uri: string } }).all;
    for (const [body, words] of [
      ['no gzip', 'damaged'],
      [null, 'gone'],
    ] as const) {
      if (body) await store.put(store.key(uri), body);
      else await store.delete(store.key(uri));
      expect((await readMemory(store, mark())).lost).toContain(`is ${words}: of files that the cursor does not name`);
    }
    files.set('new', { ...content(7), changed: time(1_000) });
    expect((await look(files)).newRows).toBe(157);
    // From here on all are named again.
    files.set('late', { ...content(2), changed: time(-5) });
    expect((await look(files)).newRows).toBe(159);
  });

  it('a mark of before, which counted files by their time, names them from its first look on', async () => {
    const old = { files: { f9: ['v', 1, null, 'd'] }, until: time(9), epoch: null };
    const { look } = watching(old);
    const files = new Map(Array.from({ length: 10 }, (_, n) => [`f${n}`, { ...content(1), changed: time(n) }]));
    files.set('f9', { rows: 1, digest: 'd', version: 'v', changed: time(9) });
    expect(await look(files)).toMatchObject({ newRows: 0, told: 0 });
    files.set('late', { ...content(3), changed: time(2) });
    expect(await look(files)).toMatchObject({ newRows: 3, told: 1 });
    // Of a file that was counted nobody knows with how many rows: those that came with it since are all that can go.
    files.delete('f3');
    files.delete('late');
    expect(await look(files)).toMatchObject({ newRows: 0 });
  });
});

it('a file that has more rows than at the look before is named with both', async () => {
  const memory = await readMemory(store, { files: { a: ['v1', 10, null, 'd1'], b: ['v1', 5, null, 'd2'] } });
  const file = (label: string): WatchedFile => ({
    ...{ label, source: label, partition: `${label}@v2`, version: 'v2', changed: '', size: 1 },
  });
  const counted = [
    { file: file('a'), rows: 14, last: null, digest: 'd3' },
    { file: file('b'), rows: 5, last: null, digest: 'd4' },
    { file: file('c'), rows: 5, last: null, digest: 'd5' },
  ];
  expect([...grewSince(counted, memory)]).toEqual([['a', 'it has 14 rows, and had 10 at the look before']]);
});

it('what a failed run was started for can be taken back file by file', () => {
  const pending = pendingOfBoth(
    [
      ['a', 10, 1],
      ['b', 5, 1],
    ],
    [['a', 2, 1]],
  );
  expect(pending).toEqual([
    ['b', 5, 1],
    ['a', 12, 2],
  ]);
  const gone = [{ name: 'a gone', rows: 12, file: 'a', gone: true as const }];
  expect(withPartitions({ newRows: 17, newPartitions: 3, pending }, gone)).toEqual({
    newRows: 5,
    newPartitions: 1,
    pending: [['b', 5, 1]],
  });
});

describe('what may still be growing, as the loop tells of it', () => {
  const told = (story: Story, at: string, growing?: string[], rows = 5) =>
    story.evidence('dataArrived', at, { rows, ...(growing ? { growing } : {}) });
  const status = (story: Story) =>
    loopStatus('p', story.memory, story.policy, { decisions: [], taken: 0, undecided: 0, watch: null });

  it('is dated, goes with the reasons, outlives a run, and ends with the look that finds it settled', () => {
    const story = new Story({ triggers: newRows({ atLeast: 10 }) });
    story.at(day(1), told(story, day(1), ['a.csv', 'b.csv']));
    const words = `as of ${day(1)}, a.csv and 1 more may still be growing`;
    expect(story.memory?.view.lacking).toEqual([`5 of 10 new rows; ${words}`]);
    // Another sender of data knows nothing of it.
    const [reason] = story.at(day(2), told(story, day(2))).decisions.at(-1)?.reasons ?? [];
    expect(reason?.words).toBe(`10 new rows, 10 are enough; ${words}`);
    story.at(day(3), story.ended('promoted'));
    expect(status(story).growing).toEqual({ at: day(1), files: ['a.csv', 'b.csv'] });
    expect(loopDetails(story.memory as LoopMemory, story.policy, [])).toContain(
      `As of ${day(1)} may still be growing: a.csv, b.csv`,
    );
    story.at(day(4), told(story, day(4), []));
    expect(status(story).growing).toBeNull();
    expect(story.memory?.view.lacking).toEqual(['5 of 10 new rows']);
  });

  it('is still known when the run failed, in which time it was told', () => {
    const story = new Story({ triggers: newRows({ atLeast: 10 }) });
    story.at(day(1), told(story, day(1), [], 10));
    story.at(day(2), told(story, day(2), ['a.csv'], 1));
    story.at(day(3), story.ended('failed'));
    expect(status(story)).toMatchObject({ growing: { at: day(2), files: ['a.csv'] } });
  });

  it('is the watch’s to tell: nobody else says what becomes of a file', () => {
    const evidence = { ...{ id: 'x', at: day(1) }, partitions: [{ name: 'n', rows: 1, told: true }], growing: ['a'] };
    const doubts = doubtsAbout({ kind: 'dataArrived', ...DataArrived.parse(evidence) }, Date.parse(day(1)));
    expect(doubts.map(({ path }) => path)).toEqual(['partitions.0', 'growing']);
  });
});
