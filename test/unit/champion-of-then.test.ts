/** A walk backwards through time meets the champions of the walk forwards. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pastChampion } from '#activities/release/past-champion.ts';
import { createPromote } from '#activities/release/promote.ts';
import { championOfThen, type MadeVersion } from '#decisions/champion-of-then.ts';
import { registryOf } from '../fixtures/registry.ts';

const at = (day: number) => new Date(Date.UTC(2011, 6, 1 + day)).toISOString();
const made = (version: number, day: number | null): MadeVersion => ({
  version: String(version),
  asOf: day === null ? null : at(day),
});

describe('the champion as of a time', () => {
  const versions = [made(1, 10), made(2, 20), made(3, 40)];
  it.each([
    ['now', '3', 50, '3', null],
    ['as of the very time of the champion', '3', 40, '3', null],
    ['between two', '3', 39, '2', '3'],
    ['as of an earlier version’s own time: the one before it', '3', 20, '1', '3'],
    ['before all', '3', 10, null, '3'],
    ['after a rollback, now', '2', 50, '2', null],
    ['of a model without a champion', null, 50, null, null],
    ['a champion that is no version of ours', '9', 5, '9', null],
  ] as const)('%s', (_, champion, day, version, later) => {
    const found = championOfThen(champion, versions, at(day));
    expect([found.version, found.later?.version ?? null]).toEqual([version, later]);
  });

  it('takes a champion whose time nobody recorded as it is', () => {
    expect(championOfThen('2', [made(1, 10), made(2, null)], at(5))).toEqual({ version: '2', later: null });
  });

  it('backwards is that of forwards, whatever the windows and whichever of them promoted', () => {
    const walk = fc.uniqueArray(fc.record({ day: fc.integer({ min: 0, max: 400 }), promotes: fc.boolean() }), {
      minLength: 1,
      maxLength: 12,
      selector: ({ day }) => day,
    });
    fc.assert(
      fc.property(walk, (windows) => {
        const versions: MadeVersion[] = [];
        let champion: string | null = null;
        const judge = (day: number) => championOfThen(champion, versions, at(day)).version;
        const forwards = new Map<number, string | null>();
        for (const { day, promotes } of windows.toSorted((a, b) => a.day - b.day)) {
          forwards.set(day, judge(day));
          if (!promotes) continue;
          champion = String(versions.length + 1);
          versions.push(made(versions.length + 1, day));
        }
        for (const { day } of windows.toSorted((a, b) => b.day - a.day)) {
          const own = versions.find(({ asOf }) => asOf === at(day))?.version;
          // The last one made is the champion itself: as of its own time it is judged as the same model, which passes.
          expect(judge(day)).toBe(own !== undefined && own === champion ? own : forwards.get(day));
        }
      }),
    );
  });
});

/** A life of promotions and rollbacks; the clock stands at `clock(day)` when a run as of that day is judged. */
const lives = fc.uniqueArray(
  fc.record({
    day: fc.integer({ min: 0, max: 400 }),
    event: fc.constantFrom('judge', 'promote', 'promote', 'roll back'),
  }),
  { minLength: 1, maxLength: 16, selector: ({ day }) => day },
);
function lived(life: readonly { day: number; event: string }[], clock: (day: number) => string) {
  const versions: (MadeVersion & { version: string })[] = [];
  const change = (version: string, more: Partial<MadeVersion>) => {
    const index = versions.findIndex((each) => each.version === version);
    versions[index] = { ...(versions[index] as MadeVersion), ...more };
  };
  const reigns: string[] = [];
  const forwards = new Map<number, string | null>();
  for (const { day, event } of life.toSorted((a, b) => a.day - b.day)) {
    forwards.set(day, reigns.at(-1) ?? null);
    if (event === 'promote') {
      const version = String(versions.length + 1);
      versions.push({ ...made(versions.length + 1, day), since: clock(day) });
      reigns.push(version);
    } else if (event === 'roll back' && reigns.length > 1) {
      const from = reigns.pop() as string;
      const to = reigns.at(-1) as string;
      change(from, { demoted: { at: clock(day), to } });
      change(to, { since: clock(day) });
    }
  }
  return { versions, champion: reigns.at(-1) ?? null, forwards };
}

describe('a version that was rolled back', () => {
  const back = (version: number, day: number, to: string, at_ = at(day)) => ({
    ...made(version, day),
    since: at(day),
    demoted: { at: at_, to },
  });
  it.each([
    [
      'before the time: the one that it was rolled back to',
      [made(1, 10), made(2, 20), back(3, 30, '1', at(35)), made(4, 60)],
      50,
      '1',
    ],
    [
      'after the time: it was champion then',
      [made(1, 10), made(2, 20), back(3, 30, '1', at(55)), made(4, 60)],
      50,
      '3',
    ],
    ['and came back', [made(1, 10), { ...back(2, 20, '1', at(25)), since: at(28) }, made(4, 60)], 50, '2'],
    [
      'to one that was rolled back, too',
      [made(1, 10), back(2, 20, '1', at(40)), back(3, 30, '2', at(35)), made(4, 60)],
      50,
      '1',
    ],
    ['to none', [made(1, 10), back(2, 20, 'none', at(25)), made(4, 60)], 50, null],
    ['to one that is gone', [made(1, 10), back(3, 30, '9', at(35)), made(4, 60)], 50, '1'],
    [
      'on a walk through the past, where the clock says nothing',
      [made(1, 10), back(2, 20, '1', at(900)), { ...made(3, 60), since: at(901) }],
      50,
      '1',
    ],
    ['never: it never was champion', [made(1, 10), { ...made(2, 20), since: null }, made(4, 60)], 50, '1'],
  ] as const)('%s', (_, versions, day, version) => {
    expect(championOfThen('4', [...versions, made(4, 60)].slice(0, 4), at(day)).version).toBe(version);
  });

  it.each([
    ['as it happened', at, false],
    ['on a walk through the past, years later', (day: number) => at(10_000 + day), true],
  ])('counts backwards as it counted forwards: %s', (_, clock, walk) => {
    fc.assert(
      fc.property(lives, (life) => {
        const { versions, champion, forwards } = lived(life, clock);
        for (const [day, judged] of forwards) {
          const now = versions.find(({ version }) => version === champion);
          const found = championOfThen(champion, versions, at(day));
          // The champion of now counts from its own time on, whoever was in between.
          if (!now?.asOf || now.asOf <= at(day)) expect(found.version).toBe(champion);
          // Of a walk nobody knows which of its windows were judged before a version was taken back.
          else if (walk && versions.find(({ version }) => version === judged)?.demoted)
            expect(versions.find(({ version }) => version === found.version)?.demoted).toBeUndefined();
          else expect(found.version).toBe(judged);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** The registry after a walk up to October. */
const registry = registryOf((model) =>
  [10, 90].map((day, index) => ({
    ...{ model, version: String(index + 1), runId: `r${index + 1}`, source: `runs:/r${index + 1}/model` },
    tags: { 'ratchet.digest': `sha256:${index + 1}`, 'ratchet.asOf': at(day) },
  })),
);

it('the registry tells it with all that predicting needs, and none where there was none', async () => {
  expect(await pastChampion(registry, 'delays', at(75))).toEqual({
    champion: {
      kind: 'champion',
      model: 'delays',
      version: '1',
      runId: 'r1',
      uri: 'runs:/r1/model',
      digest: 'sha256:1',
    },
    later: made(2, 90),
  });
  expect(await pastChampion(registry, 'delays', at(5))).toEqual({ champion: null, later: made(2, 90) });
  expect((await pastChampion(registry, 'delays', at(95))).champion?.version).toBe('2');
});

it('what passes as of then takes no alias from a version that was made for later, and is told so', async () => {
  const moves: unknown[] = [];
  const promote = createPromote({
    tracking: registry,
    promotion: {
      register: () => Promise.reject(new Error('not asked')),
      move: async (_, request) => {
        moves.push(request);
        return { outcome: 'promoted', champion: '3', previous: '2', epoch: 3 };
      },
    },
  });
  const verdict = { digest: 'v', against: '1' };
  const version = {
    kind: 'version',
    model: 'delays',
    version: '3',
    digest: 'd',
    runId: 'r',
    uri: 'u',
    verdict,
  } as const;
  const asked = (day: number, number = '3') =>
    promote({ version: { ...version, version: number } }, {
      run: { id: 'run', environment: 'dev', asOf: at(day), trigger: { who: 'me' } },
      ...{ signal: new AbortController().signal, progress: () => undefined },
    } as never);
  expect(await asked(75)).toMatchObject({
    outcome: 'later-champion',
    champion: '2',
    reason: expect.stringMatching(/version 2 is champion and stays: .*version 1 was champion then/),
  });
  expect(moves).toEqual([]);
  expect(await asked(95)).toMatchObject({ outcome: 'promoted' });
  // Of runs that race with one candidate each asks for the same version, whose time is that of one of them.
  expect(await asked(75, '2')).toMatchObject({ outcome: 'promoted' });
  expect(moves).toHaveLength(2);
});
