import { describe, expect, it } from 'vitest';
import { DataArrived } from '#contracts/loop/evidence.ts';
import { objectPartition } from '#contracts/partition.ts';
import { withPartitions } from '#decisions/retrain/pending-files.ts';
import { Inbox } from '#workflows/loop/inbox.ts';

const empty = { seen: '', queue: [], duplicates: 0 };
const name = objectPartition('s3://bucket/flights/2013-05.csv', '9a0364b9e99bb480dd25e1f0284c8555');
const told = (id: string, rows: number | null) => ({ id, partitions: [{ name, rows }] });
/** Partitions and rows as the loop counts them. */
function counted(inbox: Inbox) {
  const raws = inbox.take().flatMap((input) => (input.kind === 'evidence' ? [input.raw as never] : []));
  const all = raws as { rows?: number; partitions: { rows: number | null }[] }[];
  return {
    partitions: all.flatMap((each) => each.partitions).length,
    rows: all.reduce(
      (sum, each) => sum + (each.rows ?? 0) + each.partitions.reduce((rows, part) => rows + (part.rows ?? 0), 0),
      0,
    ),
  };
}

describe('one object, told by its notification and by the watch', () => {
  const bare = told('s3:1', null);
  const full = told('watch:1', 12_000);
  it.each([
    ['the notification first', [bare, full]],
    ['the watch first', [full, bare]],
    ['the notification twice', [bare, { ...bare, id: 's3:2' }, full]],
    ['the watch twice', [bare, full, { ...full, id: 'watch:2' }]],
  ])('is one partition with its rows: %s', (_, order) => {
    const inbox = new Inbox(empty);
    for (const raw of order) inbox.signal('dataArrived', raw);
    expect(counted(inbox)).toEqual({ partitions: 1, rows: 12_000 });
  });

  it('is known after a start over', () => {
    const before = new Inbox(empty);
    before.signal('dataArrived', bare);
    expect(counted(before)).toEqual({ partitions: 1, rows: 0 });
    const after = new Inbox(before.carried());
    after.signal('dataArrived', full);
    expect(counted(after)).toEqual({ partitions: 0, rows: 12_000 });
  });
});

it('what could not be read counts when it comes again, mended, under the same id', () => {
  const inbox = new Inbox(empty);
  const good = { name: `${name}-2`, rows: null };
  inbox.signal('dataArrived', { ...told('cli:1', 5), partitions: [{ name, rows: 5 }, good, { name: 'x', rows: -1 }] });
  inbox.forget(inbox.take(), ['cli:1']);
  inbox.signal('dataArrived', { id: 'cli:1', partitions: [{ name, rows: 5 }, good] });
  expect(counted(inbox)).toEqual({ partitions: 2, rows: 5 });
});

describe('an object that its notification told of first, and then the watch, with the file', () => {
  const facts = (...raws: object[]) => {
    const inbox = new Inbox(empty);
    for (const raw of raws) inbox.signal('dataArrived', raw);
    return inbox
      .take()
      .flatMap((input) => (input.kind === 'evidence' ? [DataArrived.parse(input.raw)] : []))
      .reduce(
        (before, { partitions, rows }) =>
          withPartitions({ ...before, newRows: before.newRows + (rows ?? 0) }, partitions),
        {
          newRows: 0,
          newPartitions: 0,
        } as Parameters<typeof withPartitions>[0],
      );
  };
  const origin = { at: '2026-01-01T00:00:00.000Z' };
  const bare = { ...told('s3:1', null), ...origin };
  const watched = { id: 'watch:1', ...origin, partitions: [{ name, rows: 12_000, file: 'a' }] };
  it('is one partition, and its rows go with the file', () => {
    expect(facts(bare, watched)).toMatchObject({ newRows: 12_000, newPartitions: 1 });
    const gone = {
      id: 'watch:2',
      ...origin,
      partitions: [{ name: `${name} gone`, rows: 12_000, file: 'a', gone: true }],
    };
    expect(facts(bare, watched, gone)).toMatchObject({ newRows: 0, newPartitions: 0 });
  });

  it('is not taken for more rows when it became smaller', () => {
    const before = { id: 'watch:0', ...origin, partitions: [{ name: `${name}-before`, rows: 12_000, file: 'a' }] };
    const smaller = { id: 'watch:1', ...origin, partitions: [{ name, rows: 2_000, file: 'a', gone: true }] };
    expect(facts(before, bare, smaller)).toMatchObject({ newRows: 10_000 });
  });
});

it('a flood of one kind makes no id of another forgotten, across starts over', () => {
  let inbox = new Inbox(empty);
  inbox.signal('metricObserved', { id: 'watch/metric/1' });
  for (let n = 0; n < 6_000; n++) {
    inbox.signal('dataArrived', { id: `token:${n}`, rows: 1 });
    if (n % 1_000 === 0) inbox = new Inbox({ ...inbox.carried(), queue: [] });
  }
  inbox.take();
  inbox.signal('metricObserved', { id: 'watch/metric/1' });
  expect(inbox.take().filter(({ kind }) => kind === 'evidence')).not.toContainEqual(
    expect.objectContaining({ signal: 'metricObserved' }),
  );
});
