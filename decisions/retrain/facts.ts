/** What evidence leaves behind: bounded, independent of the order within one batch, put back when a run failed. */
import { jsonBytes } from '#contracts/json.ts';
import type { LoopFacts } from '#contracts/loop/activities.ts';
import type { DriftMeasured, Evidence, Fired, MetricObserved, SkewMeasured } from '#contracts/loop/evidence.ts';
import type { Condition, TriggerCondition } from '#contracts/trigger-condition.ts';
import { IDS_NAMED } from './finding.ts';
import { matching } from './paths.ts';
import { pendingOfBoth, withPartitions } from './pending-files.ts';
import { beyond } from './performance-limit.ts';
import { remembered, type Shown } from './persistence.ts';
import { showsDrift } from './triggers/drift.ts';
import { kindOf } from './triggers/registry.ts';

/** Columns of a drift window that are kept beside those that a condition names. */
const COLUMNS = 8;
/** Characters of a column's name that is kept for words alone. */
const NAME = 100;
const CHANGES = 20;
/** Paths of one change: those that a condition looks for. */
const PATHS = 10;
/** Of all changes together, bytes of JSON; the newest has room in any case. */
const CODE = 12 * 1024;

export const noFacts: LoopFacts = {
  newRows: 0,
  newPartitions: 0,
  data: [],
  drift: [],
  metrics: [],
  code: [],
  fired: [],
};

/** Each condition without its combinations. */
export function leaves(condition: TriggerCondition | null): Condition[] {
  if (condition === null) return [];
  switch (condition.kind) {
    case 'any':
    case 'all':
      return condition.of.flatMap(leaves);
    case 'not':
      return leaves(condition.of);
    default:
      return [condition];
  }
}

/** Evidence in the order of its times: what is taken in together counts the same, however it was shuffled on its way. */
export function inOrder(evidence: readonly Evidence[]): Evidence[] {
  return [...evidence].sort((a, b) => (a.at === b.at ? compare(a.id, b.id) : compare(a.at, b.at)));
}
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Adds one piece. Labels change no fact: the cohorts of promotions are told of them. */
export function takenIn(facts: LoopFacts, evidence: Evidence, condition: TriggerCondition | null): LoopFacts {
  const conditions = leaves(condition);
  switch (evidence.kind) {
    case 'dataArrived': {
      const { id, source, at, who, partitions, rows, growing } = evidence;
      const { growing: before, ...others } = facts;
      const files = growing ? growing : (before?.files ?? []);
      return {
        ...others,
        ...(files.length > 0 ? { growing: growing ? { at, files } : (before as LoopFacts['growing']) } : {}),
        ...withPartitions({ ...facts, newRows: facts.newRows + (rows ?? 0) }, partitions),
        data: [...facts.data, { id, source, at, who }].slice(-IDS_NAMED),
      };
    }
    case 'driftMeasured': {
      const { kind: _kind, ...window } = evidence;
      const named = new Set(conditions.flatMap((each) => (each.kind === 'drift' && each.column ? [each.column] : [])));
      const columns = window.columns
        .filter(({ name, drifted }, index) => named.has(name) || (drifted && index < COLUMNS))
        .map((column) => (named.has(column.name) ? column : { ...column, name: column.name.slice(0, NAME) }));
      return { ...facts, drift: remembered(byTime([...facts.drift, { ...window, columns }]), driftShown(conditions)) };
    }
    case 'metricObserved': {
      const { kind: _kind, ...observed } = evidence;
      const series = (each: typeof observed) =>
        each.metric === observed.metric && each.estimated === observed.estimated;
      const kind = observed.estimated ? 'estimatedPerformance' : 'performance';
      const wanted = conditions.some((each) => each.kind === kind && each.metric === observed.metric);
      if (!wanted) return facts;
      const own = remembered(
        byTime([...facts.metrics.filter(series), observed]),
        metricShown(conditions, kind, observed.metric),
      );
      return { ...facts, metrics: [...facts.metrics.filter((each) => !series(each)), ...own] };
    }
    case 'codeChanged': {
      const { kind: _kind, ...change } = evidence;
      const globs = conditions.flatMap((each) => (each.kind === 'codeChange' ? each.paths : []));
      const paths = matching(change.paths, globs).slice(0, PATHS);
      return paths.length === 0 ? facts : { ...facts, code: newestChanges([...facts.code, { ...change, paths }]) };
    }
    case 'fired': {
      const { kind: _kind, ...fired } = evidence;
      return { ...facts, fired: newestOfEach([...facts.fired, fired], conditions) };
    }
    case 'skewMeasured': {
      const { kind: _kind, ...measured } = evidence;
      return { ...facts, skew: newestSkew([...(facts.skew ?? []), measured], conditions) };
    }
    case 'labelsArrived':
      return facts;
  }
}

/** What is known of files whatever was trained on since. */
export const stillGrowing = ({ growing }: LoopFacts): Pick<LoopFacts, 'growing'> => (growing ? { growing } : {});

/** What a failed run was started for, before what came since. */
export function restored(facts: LoopFacts, before: LoopFacts, condition: TriggerCondition | null): LoopFacts {
  const conditions = leaves(condition);
  return {
    ...stillGrowing(facts),
    newRows: before.newRows + facts.newRows,
    newPartitions: before.newPartitions + facts.newPartitions,
    pending: pendingOfBoth(before.pending, facts.pending),
    data: [...before.data, ...facts.data].slice(-IDS_NAMED),
    drift: remembered(byTime([...before.drift, ...facts.drift]), driftShown(conditions)),
    metrics: byTime([...before.metrics, ...facts.metrics]),
    code: newestChanges([...before.code, ...facts.code]),
    fired: newestOfEach([...before.fired, ...facts.fired], conditions),
    ...(before.skew || facts.skew
      ? { skew: newestSkew([...(before.skew ?? []), ...(facts.skew ?? [])], conditions) }
      : {}),
  };
}

function newestChanges(changes: LoopFacts['code']): LoopFacts['code'] {
  let kept = changes.slice(-CHANGES);
  while (kept.length > 1 && jsonBytes(kept) > CODE) kept = kept.slice(1);
  return kept;
}

/** What a condition waits for, and what people ask for: many of one kind never push out another. */
function newestOfEach(fired: readonly Fired[], conditions: readonly Condition[]): Fired[] {
  const waits = new Set(['manual']);
  for (const each of conditions) {
    const awaited = kindOf(each).firedBy?.(each);
    if (awaited) waits.add(`${awaited.trigger} ${awaited.detail}`);
  }
  const counts = new Map<string, number>();
  return fired
    .toReversed()
    .filter(({ trigger, detail }) => {
      const key = trigger === 'manual' ? trigger : `${trigger} ${detail}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return waits.has(key) && count <= IDS_NAMED;
    })
    .toReversed();
}

/** The newest look, and the newest that was judged; of their features those that differ most, and those that are asked for. */
function newestSkew(looks: SkewMeasured[], conditions: readonly Condition[]): SkewMeasured[] {
  const named = new Set(
    conditions.flatMap((each) =>
      (each.kind === 'skew' || each.kind === 'featureNulls') && each.feature ? [each.feature] : [],
    ),
  );
  return remembered(byTime(looks), []).map((look) => ({
    ...look,
    features: look.features.filter(({ name }, index) => index < COLUMNS || named.has(name)),
  }));
}

const driftShown = (conditions: readonly Condition[]): Shown<DriftMeasured>[] =>
  conditions.flatMap((each) =>
    each.kind === 'drift'
      ? [{ windows: each.windows, shows: (window: DriftMeasured) => showsDrift(each, window) }]
      : [],
  );

const metricShown = (
  conditions: readonly Condition[],
  kind: 'performance' | 'estimatedPerformance',
  metric: string,
): Shown<MetricObserved>[] =>
  conditions.flatMap((each) =>
    (each.kind === 'performance' || each.kind === 'estimatedPerformance') &&
    each.kind === kind &&
    each.metric === metric
      ? [{ windows: each.windows, shows: (observed: MetricObserved) => beyond(each, observed) }]
      : [],
  );

function byTime<T extends { at: string; id: string }>(items: T[]): T[] {
  return items.sort((a, b) => (a.at === b.at ? compare(a.id, b.id) : compare(a.at, b.at)));
}
