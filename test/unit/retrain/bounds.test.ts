/** Whatever comes in, what a loop remembers stays small enough for Temporal, and nothing that counts is pushed out. */
import fc from 'fast-check';
import { any, codeChange, drift, newRows, performance, schedule, upstream } from 'ratchet-ml';
import { expect, it } from 'vitest';
import { jsonBytes } from '#contracts/json.ts';
import type { LoopInput } from '#contracts/loop/activities.ts';
import type { RetrainRequest } from '#contracts/loop/answers.ts';
import { evidenceKinds } from '#contracts/loop/evidence.ts';
import { day, Story } from './story.ts';

const triggers = any(
  newRows({ atLeast: 1_000_000 }),
  drift({ share: 0.9, windows: 24 }),
  performance({ metric: 'auc', below: 0.1, windows: 24 }),
  codeChange({ paths: ['**'] }),
  schedule('0 2 * * 1'),
  upstream('other'),
);
const long = 'x'.repeat(20_000);

/** The largest evidence that is taken. */
function large(story: Story, event: string, n: number): LoopInput {
  const at = day(1 + n);
  const origin = { id: `${n}`.padEnd(200, 'i'), source: long.slice(0, 100), who: long.slice(0, 200) };
  const columns = Array.from({ length: 50 }, (_, c) => ({ name: `${c}${long}`, drifted: true }));
  const paths = Array.from({ length: 1_000 }, (_, c) => `${c}${long.slice(0, 1_000)}`);
  const detail = n % 2 ? 'other' : long.slice(0, 500);
  switch (event) {
    case 'failed':
      return story.ended('failed', { reasons: [long] });
    case 'ask':
      return { kind: 'retrain', request: { id: origin.id, by: long, reason: long, source: long, at } };
    case 'pause':
    case 'resume':
      return { kind: event, by: long, reason: long };
    case 'drift':
      return story.evidence('driftMeasured', at, { ...origin, share: 0.5, columns });
    case 'metric':
      return story.evidence('metricObserved', at, { ...origin, metric: 'auc', value: 0.5 });
    case 'code':
      return story.evidence('codeChanged', at, { ...origin, paths });
    case 'fired':
      return story.evidence('fired', at, { ...origin, trigger: 'upstream', detail });
    default:
      return story.evidence('dataArrived', at, { ...origin, rows: 1 });
  }
}

it('is bounded under the largest evidence, from people and from machines, paused or failing', () => {
  const what = fc.constantFrom('rows', 'drift', 'metric', 'code', 'fired', 'ask', 'pause', 'resume', 'failed');
  fc.assert(
    fc.property(fc.array(what, { minLength: 40, maxLength: 80 }), (events) => {
      const story = new Story({ triggers, limits: { coolDown: '0s', breaker: { failures: 100, refusals: 100 } } });
      for (const [n, event] of events.entries()) story.at(day(1 + n), large(story, event, n));
      for (const { memory } of story.steps) expect(jsonBytes(memory)).toBeLessThan(160 * 1024);
    }),
    { numRuns: 10 },
  );
});

it('whatever a request or evidence holds, it is decided upon: a loop that throws would do so for ever', () => {
  const anything = fc.jsonValue();
  fc.assert(
    fc.property(fc.constantFrom(...evidenceKinds), anything, anything, anything, (signal, raw, source, at) => {
      const story = new Story({ triggers });
      // What its validator has seen to be texts is text; the rest is as somebody sent it.
      const request = { id: 'r1', by: 'anna', reason: 'because', source, at } as unknown as RetrainRequest;
      const { answers } = story.at(
        day(1),
        { kind: 'retrain', request },
        { kind: 'evidence', signal, id: 'e1', raw: { ...Object(raw), source, at } },
      );
      expect(answers).toHaveLength(1);
    }),
  );
});

it('many of one kind never push out another', () => {
  const story = new Story({ triggers: any(schedule('0 2 * * 1'), upstream('other')), limits: { coolDown: '0s' } });
  story.at(day(1), { kind: 'pause', by: 'anna', reason: 'fair' });
  story.at(day(2), story.calendar(day(2), '0 2 * * 1'));
  for (let n = 0; n < 100; n++)
    story.at(
      day(3),
      story.evidence('fired', day(3), { trigger: 'upstream', detail: n % 2 ? 'other' : 'nobody waits for it' }),
    );
  story.at(day(4), { kind: 'resume', by: 'anna', reason: 'over' });
  expect(story.starts[0]?.trigger.reasons?.map(({ kind }) => kind)).toEqual(['schedule', 'upstream']);
});
