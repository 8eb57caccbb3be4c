/** What holds of every life of a loop, whatever comes in, in whatever order. */
import fc from 'fast-check';
import { any, codeChange, drift, newRows, performance, schedule } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { Decision } from '#contracts/decision.ts';
import { jsonBytes, jsonProblem } from '#contracts/json.ts';
import type { LoopInput } from '#contracts/loop/activities.ts';
import type { TriggerCondition } from '#contracts/trigger-condition.ts';
import { globPattern } from '#decisions/retrain/paths.ts';
import { day, Story } from './story.ts';

const triggers = any(
  newRows({ atLeast: 50 }),
  drift({ share: 0.3, windows: 2 }),
  performance({ metric: 'auc', below: 0.7 }),
  schedule('0 2 * * 1'),
  codeChange({ paths: ['src/**'] }),
);

type Event = { n: number; what: string; value: number };
const event = fc.record({
  n: fc.integer({ min: 1, max: 60 }),
  what: fc.constantFrom(
    'rows',
    'drift',
    'metric',
    'calendar',
    'code',
    'ask',
    'asked',
    'labels',
    'ended',
    'failed',
    'pause',
    'resume',
    'bad',
  ),
  value: fc.integer({ min: 0, max: 100 }),
});

function input(story: Story, { what, value, n }: Event, index: number): LoopInput {
  const at = day(n, '10:00');
  const id = `i${index}`;
  switch (what) {
    case 'rows':
      return story.rows(at, value, id);
    case 'drift':
      return story.evidence('driftMeasured', at, { id, share: value / 100 });
    case 'metric':
      return story.evidence('metricObserved', at, { id, metric: 'auc', value: value / 100 });
    case 'calendar':
      return story.evidence('fired', at, { id, trigger: 'schedule', detail: '0 2 * * 1 UTC' });
    case 'asked':
      return story.evidence('fired', at, { id, trigger: 'manual', detail: 'please' });
    case 'code':
      return story.evidence('codeChanged', at, { id, paths: ['src/a.ts'] });
    case 'labels':
      return story.evidence('labelsArrived', at, { id, until: at });
    case 'ask':
      return story.ask(at, id);
    case 'ended':
      return story.ended('promoted', { modelVersion: '2', previous: '1' });
    case 'failed':
      return story.ended('failed');
    case 'bad':
      return { kind: 'evidence', signal: 'driftMeasured', id, raw: value % 2 ? 'nonsense' : { share: 'much' } };
    default:
      return { kind: what as 'pause' | 'resume', by: 'anna', reason: 'x' };
  }
}
const told = new Set(['rows', 'drift', 'metric', 'calendar', 'code', 'ask', 'asked', 'labels', 'bad']);

/** Batches of events, each taken in at its newest day. */
function live(story: Story, batches: Event[][]): string[] {
  const ids: string[] = [];
  let index = 0;
  let now = 0;
  for (const batch of batches) {
    now = Math.max(now + 1, ...batch.map(({ n }) => n));
    const inputs = batch.map((each) => {
      const made = input(story, each, ++index);
      if (told.has(each.what)) ids.push(`i${index}`);
      return made;
    });
    story.at(day(now, '11:00'), ...inputs);
  }
  return ids;
}
const lives = fc.array(fc.array(event, { maxLength: 6 }), { maxLength: 25 });
const limits = fc.constantFrom(
  {},
  { coolDown: '3d' },
  { coolDown: '0s', debounce: '36h' },
  { budget: { runsPerMonth: 2 } },
);

describe('every life of a loop', () => {
  it('names each id that came in once, in exactly one decision', () => {
    fc.assert(
      fc.property(lives, limits, (batches, limits) => {
        const story = new Story({ triggers, limits });
        const ids = live(story, batches);
        expect(story.decisions.flatMap(({ evidence }) => evidence).toSorted()).toEqual(ids.toSorted());
      }),
    );
  });

  it('answers every request, has one run at a time, numbers its decisions, stays small and plain', () => {
    fc.assert(
      fc.property(lives, limits, (batches, limits) => {
        const story = new Story({ triggers, limits });
        live(story, batches);
        const asked = batches.flat().filter(({ what }) => what === 'ask').length;
        expect(story.steps.flatMap(({ answers }) => answers)).toHaveLength(asked);
        expect(story.decisions.map(({ number }) => number)).toEqual(story.decisions.map((_, n) => n + 1));
        let running: string | null = null;
        for (const { decisions } of story.steps)
          for (const { outcome, runId } of decisions) {
            if (outcome === 'run') {
              expect(running).toBeNull();
              running = runId;
            }
            if (outcome === 'ended' && runId === running) running = null;
          }
        expect(new Set(story.starts.map(({ runId }) => runId)).size).toBe(story.starts.length);
        for (const step of story.steps) {
          expect(jsonProblem(JSON.parse(JSON.stringify(step)))).toBeNull();
          expect(jsonBytes(step)).toBeLessThan(48 * 1024);
          for (const decision of step.decisions) expect(Decision.safeParse(decision).error).toBeUndefined();
        }
      }),
    );
  });

  it('is the same for the same input, and does not touch what it was given', () => {
    fc.assert(
      fc.property(lives, (batches) => {
        const [one, two] = [new Story({ triggers }), new Story({ triggers })];
        live(one, batches);
        live(two, batches);
        expect(one.steps).toEqual(two.steps);
      }),
      { numRuns: 30 },
    );
  });

  it('does not depend on the order within a batch', () => {
    const evidence = fc.array(
      event.filter(({ what }) => ['rows', 'drift', 'metric', 'calendar', 'code', 'labels'].includes(what)),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(evidence, fc.integer(), (events, seed) => {
        const run = (order: number[]) => {
          const story = new Story({ triggers });
          const inputs = events.map((each, n) => input(story, each, n));
          const { start, memory, decisions } = story.at(day(70), ...order.map((n) => inputs[n] as LoopInput));
          return { start, memory, reasons: decisions.map(({ reasons }) => reasons) };
        };
        const order = events.map((_, n) => n);
        const shuffled = [...order].sort((a, b) => ((a * 7919 + seed) % 101) - ((b * 7919 + seed) % 101));
        expect(run(shuffled)).toEqual(run(order));
      }),
    );
  });

  it('loses no trigger: as long as nothing holds it back, what fires is in the next run', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.array(
            event.filter(({ what }) => told.has(what) && what !== 'bad'),
            { minLength: 1, maxLength: 2 },
          ),
          // A run names the newest ten ids of a reason.
          { maxLength: 5 },
        ),
        (batches) => {
          const story = new Story({ triggers, limits: { coolDown: '0s', breaker: { failures: 99, refusals: 99 } } });
          live(story, batches);
          // Whatever is left waits behind the run that goes on, or is not enough.
          for (let n = 0; n < 3; n++) story.at(day(100 + n), story.ended('promoted'));
          const fired = new Set(
            story.starts.flatMap(({ trigger }) => trigger.reasons?.flatMap(({ evidence }) => evidence) ?? []),
          );
          let index = 0;
          for (const { what } of batches.flat()) {
            index++;
            if (['calendar', 'code', 'ask', 'asked'].includes(what)) expect(fired).toContain(`i${index}`);
          }
        },
      ),
    );
  });
});

it('any of conditions holds when one does, all when each does, not when it does not (a random condition)', () => {
  const leaf = fc.constantFrom<TriggerCondition>(
    { kind: 'newRows', atLeast: 10 },
    { kind: 'newPartitions', atLeast: 1 },
    { kind: 'drift', share: 0.5, windows: 1 },
    { kind: 'upstream', pipeline: 'a' },
  );
  const condition = fc.letrec<{ tree: TriggerCondition }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({
        kind: fc.constantFrom('any' as const, 'all' as const),
        of: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), of: tie('tree') }),
    ),
  })).tree;
  const truth = (of: TriggerCondition, facts: Record<string, boolean>): boolean =>
    of.kind === 'any'
      ? of.of.some((each) => truth(each, facts))
      : of.kind === 'all'
        ? of.of.every((each) => truth(each, facts))
        : of.kind === 'not'
          ? !truth(of.of, facts)
          : (facts[of.kind] ?? false);
  fc.assert(
    fc.property(
      condition,
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      (tree, rows, partition, drifted, upstream) => {
        const story = new Story({ triggers: tree });
        story.at(
          day(1),
          story.rows(day(1), rows ? 10 : 0),
          story.drift(day(1), drifted ? 0.6 : 0.1),
          ...(partition ? [story.evidence('dataArrived', day(1), { partitions: [{ name: 'x', rows: null }] })] : []),
          ...(upstream ? [story.evidence('fired', day(1), { trigger: 'upstream', detail: 'a' })] : []),
        );
        const facts = { newRows: rows, newPartitions: partition, drift: drifted, upstream };
        expect(story.starts).toHaveLength(truth(tree, facts) ? 1 : 0);
      },
    ),
  );
});

it.each([
  ['pipelines/p/**', 'pipelines/p/a/b.ts', true],
  ['pipelines/p/**', 'pipelines/pq/b.ts', false],
  ['**/*.py', 'train.py', true],
  ['**/*.py', 'a/b/train.py', true],
  ['*.py', 'a/train.py', false],
  ['a.c', 'abc', false],
  ['src/?.ts', 'src/a.ts', true],
])('the glob %s and %s: %s', (glob, path, matches) => {
  expect(globPattern(glob).test(path)).toBe(matches);
});
