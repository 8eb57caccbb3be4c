/** The seven stages on 2,000 rows, beside a few steps of its own: quick enough to be run many times. */
import { definePipeline, evaluate, featurize, gate, promote, python, register, train, validateData } from 'ratchet-ml';
import { z } from 'zod';
import { farewell } from './steps/farewell.ts';
import { label } from './steps/label.ts';
import { measure } from './steps/measure.ts';
import { untouched } from './steps/untouched.ts';

export default definePipeline({
  name: 'small',
  model: 'small',
  description: 'Two thousand made-up rows and a logistic regression.',
  params: z.strictObject({
    columns: z.number().int().min(1).max(4).default(3).describe('How many columns the model may look at.'),
    rows: z.number().int().min(100).max(1_400).default(1_400).describe('How many rows the model may look at.'),
    floor: z.number().min(0).max(1).default(0.6).describe('Least area under the curve.'),
    ask: z.boolean().default(false).describe('Ask a person before the model is registered.'),
    seconds: z.number().min(0).max(600).default(0).describe('How long the trainer dawdles.'),
    farewell: z.string().default('').describe('A file that gets a line when the run is over.'),
  }),
  graph: ({ params, champion, run, when, approval, always }) => {
    if (params.farewell)
      always(() => {
        run(farewell, { file: params.farewell });
      });
    const measured = run(measure, {});
    const labelled = run(label, { rows: measured.rows });
    run(untouched, {});

    const data = run(validateData, { source: 'data.csv', format: 'csv', expectations: [] });
    const features = run(featurize, { data: data.snapshot, target: 'y', split: { by: 'share', holdout: 0.3 } });
    const candidate = run(train, {
      features: features.train,
      trainer: python('train.py', { files: ['train.py'] }),
      params: { columns: params.columns, rows: params.rows, seconds: params.seconds },
      target: 'y',
    });
    const report = run(evaluate, { candidate: candidate.model, champion, holdout: features.holdout, target: 'y' });
    const verdict = run(gate, {
      report: report.evidence,
      rules: { metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: params.floor } },
    });
    when(verdict.passed, () => {
      const release = () => {
        const version = run(register, { candidate: candidate.model, verdict: verdict.record });
        return run(promote, { version: version.ref });
      };
      if (!params.ask) return release();
      const answer = approval({
        title: 'Into production?',
        evidence: verdict.record,
        by: ['ada', 'grace'],
        timeout: '1h',
        onTimeout: 'reject',
      });
      return when(answer.approved, release);
    });
    return { labelled };
  },
});
