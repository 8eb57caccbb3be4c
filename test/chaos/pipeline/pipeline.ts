/** All seven stages on two thousand made-up rows: small enough to be killed over and over, real enough to notice. */
import {
  DatasetRef,
  definePipeline,
  defineStep,
  evaluate,
  expect,
  featurize,
  gate,
  promote,
  python,
  register,
  train,
  validateData,
} from 'ratchet-ml';
import { z } from 'zod';
import { makeRows } from './rows.ts';

/** A step of our own in a step host. `rounds` makes it last and changes nothing else. */
const readings = defineStep({
  name: 'readings',
  input: z.object({ salt: z.string(), rounds: z.number().int() }),
  output: z.object({ table: DatasetRef }),
  memory: '512mb',
  run: async ({ salt, rounds }, { saveDataset, workdir, progress }) => ({
    table: await saveDataset(await makeRows({ salt, rounds, folder: workdir, progress }), 'csv'),
  }),
});

export default definePipeline({
  name: 'NAME',
  model: 'NAME',
  description: 'Made to be killed.',
  params: z.object({
    salt: z.string().describe('Another salt is other rows: nothing comes from the cache.'),
    rounds: z.number().int().default(1).describe('How long the TypeScript step lasts.'),
    epochs: z.number().int().default(3),
    seconds: z.number().default(0).describe('An epoch fits again until it has lasted this long.'),
    weak: z.boolean().default(false).describe('A model that any other is better than.'),
    again: z
      .record(z.string(), z.number().int())
      .default({})
      .describe(
        'By stage: another number makes the stage run again, to the same effect: what follows it comes from the cache.',
      ),
  }),
  graph: ({ params, champion, run, when }) => {
    const rows = run(readings, { salt: params.salt, rounds: params.rounds });
    const data = run(validateData, {
      source: rows.table,
      expectations: [
        expect.rowCount({ min: 1_000 + (params.again.validateData ?? 0) }),
        expect.column('hot').notNull(),
      ],
    });
    const features = run(featurize, {
      data: data.snapshot,
      derive: { spread: 'high - low' },
      where: `low > ${-1 - (params.again.featurize ?? 0)}`,
      target: 'hot',
      split: { by: 'share', holdout: 0.25 },
    });
    const candidate = run(train, {
      features: features.train,
      trainer: python('train.py', { files: ['train.py'] }),
      target: 'hot',
      params: { epochs: params.epochs, seconds: params.seconds, weak: params.weak },
    });
    const report = run(evaluate, {
      candidate: candidate.model,
      champion,
      holdout: features.holdout,
      target: 'hot',
      minimumSliceRows: 100 + (params.again.evaluate ?? 0),
    });
    const verdict = run(gate, {
      report: report.evidence,
      rules: { metric: 'roc_auc', minimumEffect: 0.001, floors: { roc_auc: 0.6 } },
    });
    when(verdict.passed, () => {
      const version = run(register, { candidate: candidate.model, verdict: verdict.record });
      run(promote, { version: version.ref });
    });
    return { verdict: verdict.record };
  },
});
