/** From featurize's windows to figures: rows that a champion was trained on are in no figure of either side. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seenRequest } from '#activities/model/evaluate/overlap.ts';
import { trainingRows } from '#activities/model/train.ts';
import type { ChampionRef, DatasetRef, ModelRef } from '#contracts/data.ts';
import { storeKey } from '#contracts/names.ts';
import { evaluate } from '#contracts/stages/evaluate.ts';
import type { Training } from '#contracts/training-rows.ts';
import type { Figures, FiguresRequest } from '#measures/evaluation/figures.ts';
import { needsTimes } from '#measures/evaluation/overlap.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

const HOUR = 3_600_000;
const start = Date.parse('2011-01-01T00:00:00Z');
const at = (hour: number) => new Date(start + hour * HOUR).toISOString();
const ROWS = 1_000;
/** One row an hour; the label is a coin of the row's number. */
const csv = (rows = ROWS, first = 0) =>
  `n,time,y\n${Array.from({ length: rows }, (_, i) => `${first + i},${at(first + i)},${(first + i) % 3 === 0 ? 1 : 0}`).join('\n')}\n`;

let place: DataWorkplace;
let data: DatasetRef;
beforeAll(async () => {
  place = await createDataWorkplace();
  data = await place.dataset('rows', csv());
});
afterAll(() => place.close());

const splitAt = (hour: number, more = {}) =>
  place.featurize({
    data,
    time: 'time',
    select: ['n', 'y'],
    target: 'y',
    split: { by: 'time', asOf: at(hour), train: '300h', holdout: '200h' },
    ...more,
  });
const fileOf = ({ digest }: { digest: string }) => join(place.cacheFolder, storeKey.file(digest.replace(/^md5:/, '')));
const training = (features: DatasetRef): Training => trainingRows({ features, inputs: {}, init: undefined });
const model = (rows: Training): ModelRef => ({
  ...{ kind: 'model', runId: 'r', uri: 'runs:/r/model', digest: 'new', environment: null, trainedOn: null },
  training: rows,
});
const champion = (rows: Training | undefined): ChampionRef => ({
  ...{ kind: 'champion', model: 'm', version: '3', runId: 'r', uri: 'runs:/r/model', digest: 'old' },
  ...(rows ? { training: rows } : {}),
});

/** What both models say is given; which rows count is what is asked. */
async function measured(candidate: ModelRef, other: ChampionRef, holdout: DatasetRef) {
  const input = evaluate.input.parse({ candidate, champion: other, holdout, target: 'y' });
  const seen = seenRequest(input);
  const scores = await place.dataset(
    `scores-${holdout.rows}`,
    `p0,p1\n${Array.from({ length: holdout.rows }, (_, i) => `${(i % 97) / 97},${1 - (i % 97) / 97}`).join('\n')}\n`,
  );
  const said = {
    ...{ file: fileOf(scores), rows: holdout.rows, value: null, label: null },
    probabilities: [
      { label: '0', column: 'p0' },
      { label: '1', column: 'p1' },
    ],
  };
  const times = holdout.origin?.times && needsTimes(seen) ? fileOf(holdout.origin.times) : null;
  const args: FiguresRequest = {
    ...{ holdout: fileOf(holdout), candidate: said, champion: said, target: 'y', task: 'binary', threshold: 0.5 },
    ...{ compare: ['roc_auc'], slices: ['n'], minimumSliceRows: 1, seen: { ...seen, times } },
    ...{ compareBy: 'bootstrap', weight: null, dependence: { by: 'rows', times: null, groupBy: null, block: null } },
    bootstrap: { resamples: 100, confidence: 0.95, seed: 0 },
  };
  const module = new URL('../../measures/evaluation/figures.ts', import.meta.url).href;
  const files = [args.holdout, said.file, ...(times ? [times] : [])];
  return place.tables.compute<Figures>({ module, name: 'measureModels', args, files });
}

test('each part says which rows it holds: from its first row to its last, wherever asOf lies', async () => {
  const { train, holdout } = await splitAt(600);
  const shown = (from: number, to: number) => ({
    column: 'time',
    from: at(from),
    to: new Date(Date.parse(at(to)) + 1).toISOString(),
  });
  expect(train.origin).toEqual({ window: shown(100, 399) });
  expect(holdout.origin).toMatchObject({ window: shown(400, 599), apartFrom: train.digest });
  const again = await splitAt(600, { split: { by: 'time', asOf: at(599.5), train: '300h', holdout: '200h' } });
  expect(again.train.origin).toEqual({ window: shown(100, 399) });
  expect(again.train).toEqual(train);
  const times = holdout.origin?.times as DatasetRef;
  const { columns } = await place.tables.columns(fileOf(times), { time: 'number' });
  expect([...columns.time]).toEqual(Array.from({ length: 200 }, (_, i) => start + (400 + i) * HOUR));
});

test('a champion of a later time is judged on no row of its training, and neither is the candidate', async () => {
  const [past, later] = await Promise.all([splitAt(600), splitAt(750)]);
  // The later training is of hours 250 … 549, the holdout of then of 400 … 599.
  const figures = await measured(model(training(past.train)), champion(training(later.train)), past.holdout);
  expect(figures.overlap).toEqual({ rows: 150, candidate: 0, champion: 150 });
  const judged = figures.slices.map(({ value }) => Number(value)).sort((a, b) => a - b);
  expect(judged).toEqual(Array.from({ length: 50 }, (_, i) => 550 + i));
  expect(figures.confusion?.candidate.flat().reduce((sum, n) => sum + n)).toBe(50);
});

test('forwards nothing is left out, and rows of one time on both sides of a share are those of one split', async () => {
  const [before, now] = await Promise.all([splitAt(600), splitAt(700)]);
  const forwards = await measured(model(training(now.train)), champion(training(before.train)), now.holdout);
  expect(forwards.overlap).toEqual({ rows: 0, candidate: 0, champion: 0 });
  const oneDay = await place.dataset('day', csv().replaceAll(/,2011-\S+?,/g, ',2011-01-01T00:00:00Z,'));
  const share = await splitAt(0, { data: oneDay, split: { by: 'share', holdout: 0.2 } });
  const same = await measured(model(training(share.train)), champion(training(share.train)), share.holdout);
  expect(same.overlap.rows).toBe(0);
});

test('a holdout that all of it was trained on leaves none, and that is no failure', async () => {
  const { train, holdout } = await splitAt(600);
  const figures = await measured(model(training(holdout)), champion(training(train)), holdout);
  expect(figures.overlap).toEqual({ rows: 200, candidate: 200, champion: 0 });
  expect(figures.candidate.roc_auc).toBe('NaN');
});

test('without a time column the same table tells by its places, whatever the share; another one tells nothing', async () => {
  const untimed = { time: undefined, split: { by: 'share', holdout: 0.2 } } as const;
  const small = await splitAt(0, untimed);
  const wide = await splitAt(0, { ...untimed, split: { by: 'share', holdout: 0.3 } });
  const overlapping = await measured(model(training(wide.train)), champion(training(small.train)), wide.holdout);
  expect(overlapping.overlap).toEqual({ rows: 100, candidate: 0, champion: 100 });
  expect(overlapping.slices.map(({ value }) => Number(value)).sort((a, b) => a - b)[0]).toBe(800);
  const joined = await splitAt(0, { ...untimed, derive: { m: 'n * 2' }, select: ['n', 'm', 'y'] });
  expect(joined.train.origin?.places).toEqual(small.train.origin?.places);
  const filtered = await splitAt(0, { ...untimed, where: 'n >= 1' });
  expect(filtered.train.origin?.places?.table).not.toBe(small.train.origin?.places?.table);
  const input = (rows: Training | undefined) =>
    seenRequest(
      evaluate.input.parse({
        candidate: model(training(small.train)),
        champion: champion(rows),
        holdout: small.holdout,
        target: 'y',
      }),
    );
  expect(input(training(filtered.train)).champion?.unknown).toHaveLength(1);
  expect(input(undefined).champion?.unknown).toHaveLength(1);
  expect(input(training(small.train)).champion).toEqual({ windows: [], places: [], all: false, unknown: [] });
});
