/** What happens to a run of the walk: drawn from the walk's seed and the run's number alone, so that one can be walked again. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';

/** In the order in which they run. */
export const stages = [
  'readings',
  'validateData',
  'featurize',
  'train',
  'evaluate',
  'gate',
  'register',
  'promote',
] as const;
export type Stage = (typeof stages)[number];

/** Whose process is hit. */
const parts = [
  'worker',
  'trainer',
  'keeper',
  'step host',
  'data host',
  'planner',
  'bundler',
  'predictor',
  'mlflow',
  'object-store',
  'temporal',
] as const;
export type PartHit = (typeof parts)[number];

export type When =
  | { at: 'start'; after: number }
  /** Temporal says that the stage runs, or that it has run. */
  | { at: 'stage'; stage: Stage; after: number }
  | AtRequest;
/** The nth request that is like it. */
interface AtRequest {
  at: 'request';
  to: 'mlflow' | 'store';
  like: string;
  nth: number;
}

export type Fault =
  | { does: 'signal'; how: 'kill' | 'freeze'; who: PartHit; seconds: number; when: When }
  | { does: 'cut'; wire: 'mlflow' | 'store' | 'temporal'; seconds: number; when: When }
  | { does: 'meddle'; fate: 'held' | 'late' | 'twice'; seconds: number; when: AtRequest };

export interface Walk {
  number: number;
  epochs: number;
  /** An epoch lasts at least this long. */
  seconds: number;
  /** A weaker model is champion already, by a run that nobody disturbs. */
  before: boolean;
  /** So many ask for the run with one trigger in one turn. */
  starts: number;
  /** Its planner is killed as often as it comes back: the one kind of run that has to fail. */
  hopeless: boolean;
  faults: Fault[];
}

const tenths = (least: number, most: number) =>
  fc.integer({ min: least * 10, max: most * 10 }).map((tenth) => tenth / 10);

/** Of what a run asks of its servers, and how many of each there are to choose from. */
const likes: { to: AtRequest['to']; like: string; most: number }[] = [
  { to: 'mlflow', like: 'POST .*/runs/create', most: 2 },
  { to: 'mlflow', like: 'POST .*/runs/log-batch', most: 6 },
  { to: 'mlflow', like: 'POST .*/runs/update', most: 2 },
  { to: 'mlflow', like: 'POST .*/logged-models', most: 2 },
  { to: 'mlflow', like: 'POST .*/registered-models/create', most: 1 },
  { to: 'mlflow', like: 'POST .*/model-versions/create', most: 2 },
  { to: 'mlflow', like: 'POST .*/registered-models/alias', most: 1 },
  { to: 'mlflow', like: 'PUT .*mlflow-artifacts', most: 4 },
  { to: 'mlflow', like: 'GET ', most: 20 },
  { to: 'mlflow', like: 'POST ', most: 20 },
  { to: 'store', like: 'PUT .*/records/', most: 1 },
  { to: 'store', like: 'PUT .*/evidence/', most: 2 },
  { to: 'store', like: 'PUT ', most: 10 },
  { to: 'store', like: 'GET ', most: 10 },
];

const request = fc.constantFrom(...likes).chain(({ to, like, most }) =>
  fc.record({
    at: fc.constant('request' as const),
    to: fc.constant(to),
    like: fc.constant(like),
    nth: fc.integer({ min: 1, max: most }),
  }),
);
const start = tenths(0, 2).map((after) => ({ at: 'start' as const, after }));
const inStage = (most: number, ...of: readonly Stage[]) =>
  fc.record({ at: fc.constant('stage' as const), stage: fc.constantFrom(...of), after: tenths(0, most) });
const anywhere = fc.oneof(start, inStage(2, ...stages), request);

/** When a part is there to be hit. */
const when: Record<PartHit, fc.Arbitrary<When>> = {
  worker: anywhere,
  trainer: inStage(6, 'train'),
  keeper: inStage(6, 'train'),
  'step host': inStage(1, 'readings'),
  'data host': inStage(1, 'readings', 'validateData', 'featurize', 'evaluate'),
  planner: fc.constant({ at: 'start' as const, after: 0 }),
  bundler: start,
  predictor: inStage(3, 'evaluate'),
  mlflow: anywhere,
  'object-store': anywhere,
  temporal: anywhere,
};

const onPart = (how: 'kill' | 'freeze') =>
  fc.constantFrom(...parts).chain(
    (who): fc.Arbitrary<Fault> =>
      fc.record({
        does: fc.constant('signal' as const),
        how: fc.constant(how),
        who: fc.constant(who),
        seconds: how === 'kill' ? fc.constant(0) : tenths(0.5, 12),
        when: when[who],
      }),
  );
const cut = fc.record({
  does: fc.constant('cut' as const),
  wire: fc.constantFrom('mlflow' as const, 'store' as const, 'temporal' as const),
  seconds: tenths(0.5, 15),
  when: anywhere,
});
const ofRequest = fc.record({
  does: fc.constant('meddle' as const),
  fate: fc.constantFrom('held' as const, 'late' as const, 'twice' as const),
  seconds: fc.oneof({ weight: 6, arbitrary: tenths(0, 8) }, { weight: 1, arbitrary: tenths(31, 35) }),
  when: request,
});
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: onPart('kill') },
  { weight: 2, arbitrary: onPart('freeze') },
  { weight: 2, arbitrary: cut },
  { weight: 3, arbitrary: ofRequest },
);

const walk = fc.record({
  epochs: fc.integer({ min: 3, max: 6 }),
  seconds: tenths(0, 0.8),
  before: fc.nat(3).map((n) => n === 0),
  starts: fc.constantFrom(1, 1, 1, 2, 3),
  hopeless: fc.nat(29).map((n) => n === 0),
  faults: fc.array(fault, { minLength: 1, maxLength: 3 }),
});

export function drawWalk(seed: number, number: number): Walk {
  const own = createHash('sha256').update(`${seed}/${number}`).digest().readInt32BE();
  const [drawn] = fc.sample(walk, { seed: own, numRuns: 1, unbiased: true });
  if (!drawn) throw new Error('nothing was drawn');
  return { number, ...drawn, faults: drawn.hopeless ? [] : drawn.faults };
}

function moment(when: When): string {
  if (when.at === 'start') return `${when.after} s after the start`;
  if (when.at === 'stage') return `${when.after} s into ${when.stage}`;
  return `at ${when.nth}. ${when.like} to ${when.to}`;
}

const fates = { held: 'held up', late: 'late, its caller gone', twice: 'delivered twice' };

/** A row of the table. */
export function kindOf(fault: Fault): string {
  if (fault.does === 'signal') return `${fault.how === 'kill' ? 'SIGKILL' : 'SIGSTOP, SIGCONT'}: ${fault.who}`;
  if (fault.does === 'cut') return `network cut: ${fault.wire}`;
  return `request to ${fault.when.to} ${fates[fault.fate]}`;
}

const inWords = (fault: Fault) =>
  `${kindOf(fault)}${fault.seconds === 0 ? '' : ` (${fault.seconds} s)`}, ${moment(fault.when)}`;

export function describeWalk({ number, epochs, seconds, before, starts, hopeless, faults }: Walk): string {
  return [
    `#${number}: ${epochs} epochs of ${seconds} s${before ? ', after a calm run' : ''}${starts > 1 ? `, started ${starts} times at once` : ''}`,
    ...(hopeless
      ? ['  planner killed whenever it comes back: has to fail']
      : faults.map((fault) => `  ${inWords(fault)}`)),
  ].join('\n');
}
