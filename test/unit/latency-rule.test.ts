/** How quickly a model answers, held against limits of one's own and against the champion on the same machine. */
import { describe, expect, it } from 'vitest';
import { GateRules } from '#contracts/gate-rules.ts';
import { Latency, loadOf } from '#contracts/latency.ts';
import { decideGate } from '#decisions/gate.ts';
import { evidence, rules } from './gate-evidence.ts';

type Three = readonly [value: number, lower: number, upper: number];
const interval = ([value, lower, upper]: Three) => ({
  value,
  lower,
  upper: Number.isFinite(upper) ? upper : 'Infinity',
});
const side = (p99: Three, more: Partial<Latency['candidate']> = {}) => ({
  ...{ mean: interval([2, 1.9, 2.1]), p50: interval([1.9, 1.8, 2]), p99: interval(p99) },
  ...{ waited: 0, memory: 300 * 2 ** 20, starts: [1200, 1100, 1300], ...more },
});
const measured = (
  candidate: ReturnType<typeof side>,
  champion: ReturnType<typeof side> | null = side([2, 1.9, 2.2]),
  more: Partial<Record<keyof Latency, unknown>> = {},
) =>
  Latency.parse({
    ...{ rows: 1, requests: 1000, confidence: 0.95, candidate, champion },
    ratio: champion && { mean: interval([1, 0.9, 1.1]), p50: interval([1, 0.95, 1.05]), p99: interval([1, 0.8, 1.3]) },
    ...more,
  });
function judged(latency: GateRules['latency'], of: Latency | undefined, champion: number | null = 0.699) {
  const { findings, outcome, reasons, distance } = decideGate({
    evidence: { ...evidence({ champion }), ...(of ? { latency: of } : {}) },
    rules: rules({ latency }),
  });
  return { outcome, reasons, distance, said: findings.filter(({ rule }) => rule === 'latency') };
}

describe('a limit of a request', () => {
  it('passes when the whole interval lies within it', () => {
    expect(judged({ p99: '5ms', p50: '2ms', mean: '3ms' }, measured(side([3.3, 3, 4])))).toMatchObject({
      outcome: 'passed',
      said: [
        { reason: 'a request of 1 row takes 2 ms on average (95 % interval 1.9 ms … 2.1 ms), within the 3 ms allowed' },
        {
          reason:
            'half of the requests of 1 row are answered within 1.9 ms (95 % interval 1.8 ms … 2 ms), within the 2 ms allowed',
        },
        {
          reason:
            '99 of 100 requests of 1 row are answered within 3.3 ms (95 % interval 3 ms … 4 ms), within the 5 ms allowed',
        },
      ],
    });
  });
  it('refuses with the figure, where the champion keeps it', () => {
    const { outcome, said, distance } = judged({ p99: '25ms' }, measured(side([33.2, 31, 37.7])));
    expect(outcome).toBe('refused');
    expect(said[0]?.reason).toBe(
      '99 of 100 requests of 1 row are answered within 33.2 ms (95 % interval 31 ms … 37.7 ms), longer than the 25 ms allowed; champion v3 takes 2 ms in the same minutes',
    );
    expect(distance['latency p99']).toBeCloseTo(8.2, 9);
  });
  it('refuses a first candidate by itself', () => {
    expect(judged({ p99: '25ms' }, measured(side([33.2, 31, 37.7]), null), null)).toMatchObject({
      outcome: 'refused',
      said: [{ reason: expect.stringMatching(/longer than the 25 ms allowed$/) }],
    });
  });
  it('refuses nobody where the champion does not keep it either, unless what it takes on top is too long already', () => {
    const busy = side([30, 27, 34]);
    expect(judged({ p99: '25ms' }, measured(side([33, 31, 37]), busy))).toMatchObject({
      outcome: 'inconclusive',
      said: [
        {
          reason: expect.stringMatching(
            /but champion v3 takes 30 ms in the same minutes: this machine is too slow or too busy to tell/,
          ),
        },
      ],
    });
    expect(judged({ p99: '25ms' }, measured(side([70, 65, 80]), busy)).outcome).toBe('refused');
  });
  it('does not know where the interval holds it, or where there were too few requests', () => {
    expect(judged({ p99: '5ms' }, measured(side([4, 3, 6])))).toMatchObject({
      outcome: 'inconclusive',
      distance: { 'latency p99': 1 },
    });
    const few = measured(side([4, 3, Number.POSITIVE_INFINITY]), side([2, 1, 3]), { requests: 60 });
    expect(judged({ p99: '5ms' }, few).said[0]).toMatchObject({
      outcome: 'inconclusive',
      reason: expect.stringContaining('60 requests are too few to tell'),
    });
  });
});

describe('against the champion', () => {
  const of = (lower: number, value: number, upper: number, requests = 1000) =>
    measured(side([3, 2, 4]), side([3, 2, 4]), {
      requests,
      ratio: { mean: interval([1, 1, 1]), p50: interval([value, lower, upper]), p99: interval([3, 2.5, 3.5]) },
    });
  it.each([
    [
      'passed',
      of(0.9, 1, 1.1),
      'half of the requests of 1 row are answered within 1.9 ms, 1.00 times as long as from champion v3 in the same minutes (95 % interval 0.90 … 1.10), at most 1.2 times are allowed',
    ],
    ['refused', of(1.3, 1.4, 1.5), 'more than the 1.2 times allowed'],
    ['inconclusive', of(1.1, 1.15, 1.25), 'neither shows nor rules out more than the 1.2 times allowed'],
    ['inconclusive', of(0.9, 1, 1.1, 40), '40 requests are too few to tell it from chance, 64 are the least'],
  ] as const)('is %s by the interval of how many times as long', (outcome, latency, words) => {
    expect(judged({ notSlowerThan: 1.2 }, latency)).toMatchObject({
      outcome,
      said: [{ reason: expect.stringContaining(words) }],
    });
  });
  it('by other figures, where they are named', () => {
    expect(
      judged({ notSlowerThan: { mean: 1.2, p99: 2 } }, of(0.9, 1, 1.1)).said.map(({ outcome }) => outcome),
    ).toEqual(['passed', 'refused']);
  });
  it('says nothing of a first one', () => {
    expect(judged({ notSlowerThan: 1.2 }, measured(side([3, 2, 4]), null), null)).toMatchObject({
      outcome: 'passed',
      said: [],
    });
  });
});

describe('memory, start and cost', () => {
  it('of memory the greatest counts', () => {
    expect(judged({ memory: '0.5GiB' }, measured(side([3, 2, 4]))).said).toEqual([
      {
        rule: 'latency',
        outcome: 'passed',
        reason: 'the serving process holds 300 MiB at most, within the 512 MiB allowed',
      },
    ]);
    expect(judged({ memory: '200MiB' }, measured(side([3, 2, 4]))).said).toEqual([
      {
        rule: 'latency',
        outcome: 'refused',
        reason: 'the serving process holds 300 MiB at most, more than the 200 MiB allowed',
        distance: 100 * 2 ** 20,
      },
    ]);
  });
  it('of starts all must be in time to pass, and none to be refused', () => {
    const start = (limit: '1.25s' | '1s' | '2s', theirs: number[], own?: number[]) =>
      judged(
        { start: limit },
        measured(side([3, 2, 4], own ? { starts: own } : {}), side([3, 2, 4], { starts: theirs })),
      ).said[0];
    expect(start('2s', [900])).toMatchObject({
      outcome: 'passed',
      reason: 'a serving process can be asked 1.3 s after its start at the latest of 3, within the 2 s allowed',
    });
    expect(start('1s', [900])).toMatchObject({ outcome: 'refused' });
    expect(start('1s', [1500])).toMatchObject({
      outcome: 'inconclusive',
      reason: expect.stringContaining('champion v3 needs 1.5 s on this machine'),
    });
    expect(start('1.25s', [900])).toMatchObject({ outcome: 'inconclusive' });
  });
  it('tells what 1,000 predictions cost, and judges it against a limit', () => {
    const hour = measured(side([3, 2, 4]));
    expect(judged({ cost: { perHour: 0.9 } }, hour)).toMatchObject({
      said: [],
      reasons: expect.arrayContaining([
        '1,000 predictions cost 0.000500, one request after the other on a machine for 0.9 an hour',
      ]),
    });
    const by = (per1000: number) => judged({ cost: { perHour: 0.9, per1000 } }, hour).said[0]?.outcome;
    expect([by(0.001), by(0.0001), by(0.0005)]).toEqual(['passed', 'refused', 'inconclusive']);
  });
});

describe('what was measured', () => {
  it('says how long requests waited where the machine was busy', () => {
    const { reasons } = judged({ p99: '5ms' }, measured(side([3.3, 3, 4], { waited: 1.5 })));
    expect(reasons).toContain(
      'note: this machine was busy: a request waited 1.5 ms for a core on average, which is not counted',
    );
  });
  it('has to be there, of requests of that size', () => {
    expect(judged({ p99: '5ms' }, undefined)).toMatchObject({
      outcome: 'inconclusive',
      said: [
        {
          reason:
            'how quickly the model answers is not in this evidence: give evaluate latency: { rows: 1 } and run again',
        },
      ],
    });
    expect(judged({ p99: '5ms', rows: 100 }, measured(side([3.3, 3, 4])))).toMatchObject({
      outcome: 'inconclusive',
      said: [
        { reason: expect.stringContaining('requests of 1 rows were measured, and the limits are of requests of 100') },
      ],
    });
  });
  it('is what the rule needs', () => {
    expect(loadOf({})).toBeNull();
    expect(loadOf({ latency: { p99: '5ms' } })).toEqual({ rows: 1 });
    expect(loadOf({ latency: { start: '5s', rows: 10 } })).toEqual({ rows: 10, starts: 3 });
  });
});

it.each([
  [{}, 'a limit: p99'],
  [{ rows: 4 }, 'a limit: p99'],
  [{ p99: 50 }, 'a time of a request is a number above 0 and a unit: 50ms, 1.5s'],
  [{ p99: '0ms' }, 'above 0'],
  [{ p99: '1m' }, 'a time of a request'],
  [{ memory: '2GB' }, 'an amount of memory is a number above 0 and a unit: 512MiB, 2GiB'],
  [{ notSlowerThan: {} }, ''],
  [{ cost: {} }, ''],
  [{ p95: '5ms' }, 'p95'],
])('%j is no rule', (latency, words) => {
  const { error } = GateRules.safeParse({ metric: 'rmse', minimumEffect: 0, latency });
  expect(JSON.stringify(error?.issues ?? null)).toContain(words);
  expect(error).toBeDefined();
});
