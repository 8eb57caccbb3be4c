/** What became of files between two looks, and what of it counts as new: against a world whose truth is known. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CountedFile, partitionsOf } from '#activities/watch/file-changes.ts';
import { goneSince, readMark, remembered, uncounted, type WatchedFile } from '#activities/watch/watched-files.ts';
import { pendingOfBoth, withPartitions } from '#decisions/retrain/pending-files.ts';

interface Content {
  rows: number;
  digest: string;
  /** Changes whenever the file is written. */
  version: string;
}

/** The watch and the loop's count of new rows, over files that are given at each look. */
function watching() {
  let mark = readMark(null);
  let facts = { newRows: 0, newPartitions: 0, pending: [] as [string, number, number][] };
  return {
    look(files: ReadonlyMap<string, Content>) {
      const there = [...files].map(
        ([label, { version }]): WatchedFile => ({
          ...{ label, version, source: label, partition: `${label}@${version}`, changed: '2026-01-01T00:00:00.000Z' },
        }),
      );
      const gone = goneSince(there, mark);
      const counted = uncounted(there, mark).map((file): CountedFile => {
        const { rows, digest } = files.get(file.label) as Content;
        return { file, rows, last: null, digest };
      });
      const partitions = partitionsOf(counted, gone, mark);
      mark = { ...mark, ...remembered(mark, new Map(counted.map((each) => [each.file.label, each])), gone) };
      facts = withPartitions(facts, partitions);
      return { newRows: facts.newRows, newPartitions: facts.newPartitions, told: partitions.length };
    },
    trained() {
      facts = { newRows: 0, newPartitions: 0, pending: [] };
    },
  };
}

let versions = 0;
const content = (rows: number, digest = `d${++versions}`): Content => ({ rows, digest, version: `v${++versions}` });

describe('files that the watch looks at', () => {
  it('a file that was removed takes its rows with it, another one that came counts', () => {
    const { look } = watching();
    look(new Map([['a', content(84_853)]]));
    expect(look(new Map([['b', content(116_042)]]))).toMatchObject({ newRows: 116_042, newPartitions: 1 });
  });

  it('a file that was trained on takes nothing of what came since with it', () => {
    const { look, trained } = watching();
    const a = content(1_000);
    look(new Map([['a', a]]));
    trained();
    const b = content(300);
    look(
      new Map([
        ['a', a],
        ['b', b],
      ]),
    );
    expect(look(new Map([['b', b]]))).toMatchObject({ newRows: 300, newPartitions: 1 });
  });

  it('the same rows under another name, or written anew, are no news', () => {
    const { look, trained } = watching();
    const a = content(500, 'same');
    look(new Map([['a', a]]));
    trained();
    expect(look(new Map([['b', content(500, 'same')]]))).toEqual({ newRows: 0, newPartitions: 0, told: 0 });
    expect(look(new Map([['b', content(500, 'same')]]))).toEqual({ newRows: 0, newPartitions: 0, told: 0 });
    expect(look(new Map([['b', content(620)]]))).toMatchObject({ newRows: 120, newPartitions: 1 });
  });

  it('a mark of before, which knows no digests, is still read', () => {
    const mark = readMark({ files: { a: ['v1', 10, null] }, until: '', epoch: null });
    const file: WatchedFile = { label: 'a', source: 'a', partition: 'a@v2', version: 'v2', changed: '' };
    expect(partitionsOf([{ file, rows: 14, last: null, digest: 'd' }], [], mark)).toEqual([
      { name: 'a@v2', rows: 4, file: 'a' },
    ]);
  });

  const action = fc.record({
    what: fc.constantFrom('add', 'remove', 'grow', 'shrink', 'replace', 'rewrite', 'rename', 'look'),
    at: fc.nat(5),
    rows: fc.integer({ min: 1, max: 1_000 }),
  });

  it('count what is there, whatever was done to them between two looks', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
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
            expect(look(files).newRows).toBe(there);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('count only what came since the last training and is there still', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            what: fc.constantFrom('add', 'remove', 'grow', 'train'),
            at: fc.nat(5),
            rows: fc.integer({ min: 1, max: 1_000 }),
          }),
          { maxLength: 60 },
        ),
        (actions) => {
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
            expect(look(files).newRows).toBe([...fresh.values()].reduce((sum, each) => sum + each, 0));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
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
