/** Drawn worlds whose concept is known, and the whole verdict on them: three numbers, a category, a model's scores, labels. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type DriftFinding, EstimateOptions } from '#contracts/estimate.ts';
import { driftKind, spread } from '#decisions/drift-kind.ts';
import { measureConcept } from '#measures/performance/concept/measure-concept.ts';
import { measurePerformance } from '#measures/performance/measure-performance.ts';
import type { ReadColumns, TextColumn } from '#ports/tables.ts';

/** log odds of a row, or of a regression its truth; `kind` is 0 to 4, a fifth of the rows each. */
type Concept = (x: readonly [number, number, number], kind: number) => number;

export interface World {
  /** Of the reference, and what the scores know. */
  readonly before: Concept;
  /** Of the analysis. */
  readonly after: Concept;
  /** What the model says, as log odds or as a number; default `before`. */
  readonly model?: Concept;
  /** P(X) of the analysis: deviations that x1 and x2 move by, and kind 0 takes a third of the rows. */
  readonly moved?: number;
  /** A number with noise that grows with |x3| instead of an event. */
  readonly regression?: boolean;
}

const odds = (logit: number) => 1 / (1 + Math.exp(-logit));
const KINDS = ['a', 'b', 'c', 'd', 'e'];
const FEATURES = [
  { name: 'x1', kind: 'numerical' },
  { name: 'x2', kind: 'numerical' },
  { name: 'x3', kind: 'numerical' },
  { name: 'kind', kind: 'categorical' },
] as const;
type Columns = Readonly<Record<string, Float64Array | TextColumn>>;

/** Parquet files of the data host, without files: what is measured reads columns, and nothing else. */
function inMemory(files: Readonly<Record<string, Columns>>): ReadColumns {
  return (file, wanted) => {
    const columns = files[String(file)] ?? {};
    const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, columns[name]]));
    const [first = new Float64Array(0)] = Object.values(columns);
    const rows = first instanceof Float64Array ? first.length : first.codes.length;
    // Object.fromEntries cannot say that each column is of the kind that it is asked as; the worlds' columns are.
    return Promise.resolve({ rows, columns: found } as never);
  };
}

function side(concept: Concept, world: World, rows: number, shift: number, random: () => number): Columns {
  const { model = world.before, regression = false } = world;
  // Box and Muller, 1958.
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  const column = () => new Float64Array(rows);
  const [x1, x2, x3, score, label] = [column(), column(), column(), column(), column()];
  const codes = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const x = [normal() + shift, normal() + shift, normal()] as const;
    const kind = shift > 0 && random() < 1 / 6 ? 0 : Math.floor(random() * 5);
    [x1[row], x2[row], x3[row]] = x;
    codes[row] = kind;
    const said = model(x, kind);
    score[row] = regression ? said : odds(said);
    label[row] = regression
      ? concept(x, kind) + normal() * (0.7 + 0.5 * Math.abs(x[2]))
      : Number(random() < odds(concept(x, kind)));
  }
  const y = regression ? label : { codes: Int32Array.from(label), values: ['0', '1'] };
  return { x1, x2, x3, kind: { codes, values: KINDS }, score, y };
}

/** What the estimate says of the concept: its chunks, its calibration and the test of residuals given X, of `rows` labelled rows on either side. */
export async function drawn(world: World, rows: number, seed: number): Promise<DriftFinding['concept']> {
  const { regression = false } = world;
  const generator = xoroshiro128plus(seed);
  const random = () => ((generator.next() >>> 0) + 0.5) / 0x1_0000_0000;
  const read = inMemory({
    reference: side(world.before, world, rows, 0, random),
    analysis: side(world.after, world, rows, world.moved ?? 0, random),
  });
  const table = (name: string) => ({ name, file: name });
  const tables = { reference: table('reference'), analysis: table('analysis'), targets: null };
  const options = EstimateOptions.parse({
    ...{ target: 'y', chunk: { by: 'number', value: 10 } },
    ...(regression
      ? { problem: 'regression', prediction: 'score', metrics: ['mae'] }
      : { problem: 'binary', score: 'score', metrics: ['accuracy'] }),
  });
  const estimate = await measurePerformance({ tables, options, expectedLosses: null }, read);
  const cells = await measureConcept(
    { tables, options, features: FEATURES, spread: Math.max(1, spread(estimate.reference)) },
    read,
  );
  return driftKind({ drift: null, estimate, cells }).concept;
}

/** In how many of `draws` draws concept drift is seen. */
export async function found(world: World, rows: number, draws: number, seed: number): Promise<number> {
  let seen = 0;
  for (let draw = 0; draw < draws; draw++) if ((await drawn(world, rows, seed * 1_000_003 + draw)).seen) seen++;
  return seen;
}

const usual: Concept = ([x1, x2, x3]) => -0.3 + 1.2 * x1 + 0.8 * x2 + 0.3 * x3;
/** Only kind `a`, a fifth of the rows. */
const inOne =
  (other: Concept): Concept =>
  (x, kind) =>
    kind === 0 ? other(x, kind) : usual(x, kind);
const flat = { before: usual };
const overconfident: Concept = (x, kind) => 1.6 * usual(x, kind) + 0.4;
const crossed: Concept = (x, kind) => usual(x, kind) + 0.3 * x[0] * x[1];
const shrunk: Concept = (x, kind) => 0.7 * usual(x, kind);
/** As a tree's, which knows no leaf beyond what it was trained on. */
const bounded: Concept = (x, kind) => Math.max(-2.5, Math.min(2.5, usual(x, kind)));
const moved = 0.5;

export const unchanged: Readonly<Record<string, World>> = {
  'nothing moved': { ...flat, after: usual },
  'nothing moved, scores miscalibrated': { ...flat, after: usual, model: overconfident },
  'X moved by 0.5 deviations': { ...flat, after: usual, moved },
  'X moved, scores miscalibrated': { ...flat, after: usual, model: overconfident, moved },
  'X moved, the model misses an interaction': { before: crossed, after: crossed, model: usual, moved },
  'X moved, a regression’s predictions': { ...flat, after: usual, moved, regression: true },
  'X moved, a regression’s predictions, shrunk to the mean': {
    ...{ ...flat, after: usual, model: shrunk, moved, regression: true },
  },
  'X moved, a regression’s predictions, cut off at a bound: not claimed': {
    ...{ ...flat, after: usual, model: bounded, moved, regression: true },
  },
};

export const changed: Readonly<Record<string, World>> = {
  'x1 reversed': { ...flat, after: (x, kind) => usual(x, kind) - 2.4 * x[0] },
  'x1 vanished': { ...flat, after: (x, kind) => usual(x, kind) - 1.2 * x[0] },
  'all reversed in a fifth of the rows': { ...flat, after: inOne((x, kind) => -0.6 - usual(x, kind)) },
  'wrong in the upper tenth of x1 only (odds a sixth)': {
    ...flat,
    after: (x, kind) => usual(x, kind) - (x[0] > 1.28 ? Math.log(6) : 0),
  },
  'x1 reversed, X moved, scores miscalibrated': {
    ...{ ...flat, after: (x, kind) => usual(x, kind) - 2.4 * x[0], model: overconfident, moved },
  },
  'x1 vanished of a regression': { ...flat, after: (x, kind) => usual(x, kind) - 1.2 * x[0], regression: true },
  'log odds +0.5 for all': { ...flat, after: (x, kind) => usual(x, kind) + 0.5 },
  'log odds +1 in a fifth of the rows': { ...flat, after: inOne((x, kind) => usual(x, kind) + 1) },
};
