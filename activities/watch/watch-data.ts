/** Counts what came since the last look. */
import { createHash } from 'node:crypto';
import { milliseconds } from '#contracts/duration.ts';
import type { WatchFinding, WatchRequest } from '#contracts/loop.ts';
import type { DataArrived, LabelsArrived } from '#contracts/loop-evidence.ts';
import type { WatchPolicy } from '#contracts/watch.ts';
import type { StageContext } from '../stage.ts';
import { type CountedFile, partitionsOf } from './file-changes.ts';
import { asStage, type WatchDeps } from './watch-deps.ts';
import { goneSince, listFiles, readMark, remembered, uncounted, type WatchedFile } from './watched-files.ts';
import { lastTime, snapshotOfFiles } from './watched-rows.ts';

/** Partitions in one piece of evidence. */
const TOLD = 100;

export async function watchData(deps: WatchDeps, { policy, mark: raw, asOf }: WatchRequest): Promise<WatchFinding> {
  const { watch } = policy;
  if (!watch) return { evidence: [], mark: {} };
  return asStage(deps, policy, asOf, async (context) => {
    const mark = readMark(raw);
    const there = await listFiles(watch.source, context.run, deps.sources);
    const [fresh, gone] = [uncounted(there, mark), goneSince(there, mark)];
    if (fresh.length === 0 && gone.length === 0) return { evidence: [], mark: {} };
    const counted = await count(deps, watch, fresh, context);
    const partitions = partitionsOf([...counted.values()], gone, mark);
    const evidence: WatchFinding['evidence'] = [];
    for (let from = 0; from < partitions.length; from += TOLD) {
      const some = partitions.slice(from, from + TOLD);
      const id = `watch/data/${createHash('sha256').update(JSON.stringify(some)).digest('hex').slice(0, 20)}`;
      const value: DataArrived = { id, at: asOf, source: 'watch', who: 'ratchet', partitions: some, rows: null };
      evidence.push({ signal: 'dataArrived', value });
    }
    const last = [...counted.values()].map((each) => each.last).reduce(later, null);
    if (watch.target && last) evidence.push({ signal: 'labelsArrived', value: labels(last, watch.labelsAfter, asOf) });
    return { evidence, mark: remembered(mark, counted, gone) };
  });
}

/** Labels of rows up to here have had their time. */
function labels(last: string, labelsAfter: Parameters<typeof milliseconds>[0], asOf: string): LabelsArrived {
  const matured = new Date(Math.min(Date.parse(last), Date.parse(asOf) - milliseconds(labelsAfter))).toISOString();
  return {
    id: `watch/labels/${matured}`,
    at: asOf,
    source: 'watch',
    who: 'ratchet',
    until: matured,
    rows: null,
  };
}

const later = (a: string | null, b: string | null) => (a === null || (b !== null && b > a) ? b : a);

async function count(deps: WatchDeps, watch: WatchPolicy, files: readonly WatchedFile[], context: StageContext) {
  const counted = new Map<string, CountedFile>();
  for (const file of files) {
    const { ref, path } = await snapshotOfFiles(deps, watch, [file], context);
    const last = watch.timeColumn ? await lastTime(deps, path, watch.timeColumn, context.signal) : null;
    counted.set(file.label, { file, rows: ref.rows, last, digest: ref.digest });
  }
  return counted;
}
