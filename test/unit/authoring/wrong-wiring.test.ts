import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkReferences } from '#cli/check-references.ts';

/** A wrong wiring, a line each, and what is said of it. */
const wirings: readonly (readonly [string, RegExp])[] = [
  [
    'run(train, { features: data.snapshot, trainer, init: candidate.metrics });',
    /^init expects a reference to a model, got Ref<Record</,
  ],
  [
    'run(train, { features: candidate.model, trainer });',
    /^features expects a reference to a dataset, got a reference to a model$/,
  ],
  [
    'run(train, { features: data, trainer });',
    /^features expects a reference to a dataset, got the whole output of a step \(\{ snapshot/,
  ],
  [
    'run(train, { features, trainer });',
    /^features expects a reference to a dataset, got the whole output of a step \(\{ train/,
  ],
  [
    'run(train, { features: features.trian, trainer });',
    /^nothing of that has a field trian\. Did you mean 'train'\?$/,
  ],
  [
    'run(train, { featurs: features.train, trainer });',
    /^the step has no input featurs\. Did you mean to write 'features'\?$/,
  ],
  ['run(train, { features: features.train });', /^trainer is missing: the step needs it$/],
  [
    'run(evaluate, { candidate: candidate.metrics, champion, holdout: features.holdout, target });',
    /^candidate expects a reference to a model, got/,
  ],
  [
    'run(evaluate, { candidate: features.train, champion, holdout: features.holdout, target });',
    /^candidate expects a reference to a model, got a reference to a dataset$/,
  ],
  [
    'run(evaluate, { candidate: candidate.model, champion, holdout: candidate.model, target });',
    /^holdout expects a reference to a dataset, got a reference to a model$/,
  ],
  [
    'run(evaluate, { candidate: candidate.model, champion, holdout: features.holdout.path, target });',
    /^nothing of that has a field path$/,
  ],
  ['run(gate, { report, rules });', /^report expects a reference to an evidence, got the whole output/],
  [
    'run(gate, { report: candidate.model, rules });',
    /^report expects a reference to an evidence, got a reference to a model$/,
  ],
  [
    'run(promote, { version: verdict.record });',
    /^version expects a reference to a version, got a reference to a verdict$/,
  ],
  [
    'run(register, { candidate: candidate.model, verdict: report.evidence });',
    /^verdict expects a reference to a verdict, got a reference to an evidence$/,
  ],
];
const head = `import { definePipeline, evaluate, featurize, gate, promote, python, register, train, validateData } from 'ratchet-ml';
import { z } from 'zod';
const trainer = python('train.py');
const rules = { metric: 'roc_auc', minimumEffect: 0 };
const target = 'late';
export default definePipeline({ name: 'a', model: 'a', params: z.object({}), graph: ({ champion, run }) => {
  const data = run(validateData, { source: 'x.csv', expectations: [] });
  const features = run(featurize, { data: data.snapshot, target });
  const candidate = run(train, { features: features.train, trainer, target });
  const report = run(evaluate, { candidate: candidate.model, champion, holdout: features.holdout, target });
  const verdict = run(gate, { report: report.evidence, rules });
`;
const first = head.split('\n').length;

// Below the repository, where the compiler finds the package and its options.
mkdirSync('.ratchet', { recursive: true });
const folder = mkdtempSync(join('.ratchet', 'wirings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('fifteen wrong wirings are told in a sentence each, that says what was wanted and what was given', () => {
  const file = join(folder, 'pipeline.ts');
  writeFileSync(file, `${head}${wirings.map(([text]) => text).join('\n')}\n  return {};\n} });\n`);
  const problems = checkReferences([file]);
  expect(problems.map(({ line }) => line - first)).toEqual(wirings.map((_, index) => index));
  for (const [index, [text, said]] of wirings.entries()) expect(problems[index]?.message, text).toMatch(said);
  for (const { message } of problems) expect(message.length).toBeLessThan(200);
}, 300_000);
