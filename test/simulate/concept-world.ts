/** Drawn worlds whose concept is known: three numbers and a category, a logistic P(Y|X), and a model's scores. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type Cells, cellsOfNumbers, cellsOfTexts } from '#activities/watch/performance/concept/cells.ts';
import { compareCells } from '#activities/watch/performance/concept/compare-cells.ts';
import { deviationOf, residualsOf } from '#activities/watch/performance/concept/measure-concept.ts';
import { conceptInCells } from '#decisions/drift-kind/concept-cells.ts';

/** log odds of a row; `kind` is 0 to 4, a fifth of the rows each. */
type Concept = (x: readonly [number, number, number], kind: number) => number;

export interface World {
  /** Of the reference, and what the scores know. */
  readonly before: Concept;
  /** Of the analysis. */
  readonly after: Concept;
  /** Log odds that the model says; default `before`. */
  readonly model?: Concept;
  /** P(X) of the analysis: deviations that x1 and x2 move by, and kind 0 takes twice its share. */
  readonly moved?: number;
}

const usual: Concept = ([x1, x2, x3]) => -0.3 + 1.2 * x1 + 0.8 * x2 + 0.3 * x3;
const odds = (logit: number) => 1 / (1 + Math.exp(-logit));

/** What the concept test says of `rows` labelled rows on either side. */
export function drawn(
  { before, after, model = before, moved = 0 }: World,
  rows: number,
  seed: number,
): ReturnType<typeof conceptInCells> {
  const random = xoroshiro128plus(seed);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 0x1_0000_0000;
  // Box and Muller, 1958.
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const side = (concept: Concept, shift: number) => {
    const column = () => new Float64Array(rows);
    const [x1, x2, x3, score, label] = [column(), column(), column(), column(), column()];
    const kind = new Int32Array(rows);
    for (let row = 0; row < rows; row++) {
      const x = [normal() + shift, normal() + shift, normal()] as const;
      const of = shift > 0 && uniform() < 0.2 ? 0 : Math.floor(uniform() * 5);
      [x1[row], x2[row], x3[row]] = x;
      kind[row] = of;
      score[row] = odds(model(x, of));
      label[row] = uniform() < odds(concept(x, of)) ? 1 : 0;
    }
    return { numbers: { x1, x2, x3 }, kind, score, label };
  };
  const reference = side(before, 0);
  const analysis = side(after, moved);
  const rowsOf = ({ score, label }: typeof reference) => ({ outcome: label, expected: score, events: true });
  const residuals = residualsOf({ reference: rowsOf(reference), analysis: rowsOf(analysis) });
  const deviation = deviationOf(residuals.reference.residual);
  const values = ['a', 'b', 'c', 'd', 'e'];
  const columns: [string | null, Cells][] = [
    [null, cellsOfNumbers(reference.score, analysis.score)],
    ...(['x1', 'x2', 'x3'] as const).map((name): [string, Cells] => [
      name,
      cellsOfNumbers(reference.numbers[name], analysis.numbers[name]),
    ]),
    ['kind', cellsOfTexts({ codes: reference.kind, values }, { codes: analysis.kind, values })],
  ];
  const tests = columns.flatMap(([name, cells]) => compareCells(name, cells, residuals, deviation, 1) ?? []);
  return conceptInCells({
    rows: { reference: rows, analysis: rows },
    tests: tests.sort((one, other) => one.p - other.p),
    notTested: [],
  });
}

/** In how many of `draws` draws concept drift is seen. */
export const found = (world: World, rows: number, draws: number, seed: number): number =>
  Array.from({ length: draws }, (_, draw) => drawn(world, rows, seed * 1_000_003 + draw)).filter(({ seen }) => seen)
    .length;

/** Only kind `a`, a fifth of the rows. */
const inOne =
  (other: Concept): Concept =>
  (x, kind) =>
    kind === 0 ? other(x, kind) : usual(x, kind);
const flat = { before: usual };
const overconfident: Concept = (x, kind) => 1.6 * usual(x, kind) + 0.4;
const crossed: Concept = (x, kind) => usual(x, kind) + 0.3 * x[0] * x[1];

export const unchanged: Readonly<Record<string, World>> = {
  'nothing moved': { ...flat, after: usual },
  'nothing moved, scores miscalibrated': { ...flat, after: usual, model: overconfident },
  'X moved by 0.5 deviations': { ...flat, after: usual, moved: 0.5 },
  'X moved by 0.5 deviations, scores miscalibrated': { ...flat, after: usual, model: overconfident, moved: 0.5 },
  'X moved by 0.5 deviations, the model misses an interaction': {
    before: crossed,
    after: crossed,
    model: usual,
    moved: 0.5,
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
  'log odds +0.5 for all': { ...flat, after: (x, kind) => usual(x, kind) + 0.5 },
  'log odds +1 in a fifth of the rows': { ...flat, after: inOne((x, kind) => usual(x, kind) + 1) },
};
