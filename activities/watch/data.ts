/** Counts what came since the last look. */

import { milliseconds } from '#contracts/duration.ts';
import type { WatchFinding, WatchRequest } from '#contracts/loop/activities.ts';
import { type DataArrived, GROWING_NAME, GROWING_NAMED, type LabelsArrived } from '#contracts/loop/evidence.ts';
import { sha256 } from '../sha256.ts';
import { countFiles } from './count-files.ts';
import { byTime, goneSince, keepMemory, readMemory, remembered, uncounted } from './cursor.ts';
import { asStage, type WatchDeps } from './deps.ts';
import { grewSince, partitionsOf } from './file-changes.ts';
import { reportedPartitions } from './reported-partitions.ts';
import { listFiles } from './watched-files.ts';

/** Partitions in one piece of evidence. */
const TOLD = 100;

export async function watchData(deps: WatchDeps, { policy, mark: raw, asOf }: WatchRequest): Promise<WatchFinding> {
  const { watch } = policy;
  if (!watch) return { evidence: [], mark: {} };
  return asStage(deps, policy, asOf, async (context) => {
    const memory = await readMemory(deps.store, raw);
    const there = await listFiles(watch.source, context.run, deps.sources);
    const [fresh, gone] = [uncounted(there, memory), goneSince(there, memory)];
    const { counted, growing: writing } = await countFiles(deps, watch, fresh, context);
    const growing = new Map([...grewSince([...counted.values()], memory), ...writing]);
    const named = [...growing.keys()].slice(0, GROWING_NAMED).map((label) => label.slice(-GROWING_NAME));
    const settles = named.join('\n') !== memory.growing.join('\n');
    const notes = [
      ...(memory.lost ? [memory.lost] : []),
      ...named.map((label, at) => `${label} may still be growing: ${[...growing.values()][at]}`),
    ];
    // A mark that counts files by their time names all that are there, from the first look on.
    const changed = counted.size > 0 || gone.length > 0 || settles || memory.until !== '';
    if (!changed) return { evidence: [], mark: {}, ...(notes[0] && { notes }) };
    const partitions = reportedPartitions(partitionsOf(byTime(counted.values()), gone, memory));
    const evidence: WatchFinding['evidence'] = [];
    for (let from = 0; from < partitions.length || (from === 0 && settles); from += TOLD) {
      const some = partitions.slice(from, from + TOLD);
      const first = from === 0 && settles ? { growing: named } : {};
      // Of what settles, too, each time that it does.
      const about = settles && from === 0 ? [some, named, memory.changes] : some;
      const id = `watch/data/${sha256(JSON.stringify(about)).slice(0, 20)}`;
      const value: DataArrived = {
        id,
        at: asOf,
        source: 'watch',
        who: 'ratchet',
        partitions: some,
        rows: null,
        ...first,
      };
      evidence.push({ signal: 'dataArrived', value });
    }
    const last = [...counted.values()].map((each) => each.last).reduce(later, null);
    if (watch.target && last) evidence.push({ signal: 'labelsArrived', value: labels(last, watch.labelsAfter, asOf) });
    const next = { ...remembered(memory, there, counted, gone), growing: named };
    const until = there.reduce((newest, { changed }) => (changed > newest ? changed : newest), '');
    const mark = await keepMemory(deps.store, policy.pipeline, next, { before: raw, now: Date.now(), until });
    return { evidence, mark, ...(notes[0] && { notes }) };
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
