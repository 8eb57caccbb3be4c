import { continuousTraining, newRows, python } from 'ratchet-ml';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { Json } from '#contracts/json.ts';
import { policiesOf } from '#workers/deploy/policies.ts';

const preset = (params?: z.ZodObject) =>
  continuousTraining({
    name: 'bikes',
    data: 'bikes.csv',
    target: 'late',
    trainer: python('train.py'),
    rules: { metric: 'roc_auc', minimumEffect: 0.002 },
    triggers: newRows({ atLeast: 10 }),
    ...(params ? { params } : {}),
  });

it.each([
  [undefined, null],
  [z.object({ asOf: z.iso.date() }), 'date'],
  [z.object({ asOf: z.iso.datetime() }), 'date-time'],
])(
  'a loop writes the time of its runs as the params declare it, and leaves it to the run where they do not: %#',
  (params, form) => {
    const { name, model, triggers, limits, watch, ...pipeline } = preset(params);
    const declared = JSON.parse(JSON.stringify({ triggers, limits, watch })) as Record<
      'triggers' | 'limits' | 'watch',
      Json
    >;
    const paramsSchema = pipeline.paramsSchema();
    expect(policiesOf([{ name, model, paramsSchema, ...declared }], 'dev')[0]?.asOf).toBe(form);
  },
);
