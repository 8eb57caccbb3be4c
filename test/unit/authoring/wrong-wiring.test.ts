import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, expect, it } from 'vitest';
import { checkReferences } from '#cli/verbs/check/check-references.ts';

/** A wrong wiring, a line each, and what is said of it. */
const wirings: readonly (readonly [string, RegExp])[] = [
  [
    'run(train, { features: data.snapshot, trainer, init: candidate.metrics });',
    /^init expects a reference to a model, got a reference to metrics$/,
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
    /^features expects a reference to a dataset, got the whole output of a step \(\{ train, … \}\): name a field of it$/,
  ],
  [
    'run(train, { features: features.trian, trainer });',
    /^the whole output of a step \(\{ train, … \}\) has no field trian\. Did you mean 'train'\?$/,
  ],
  [
    'run(train, { featurs: features.train, trainer });',
    /^the step has no input featurs\. Did you mean to write 'features'\?$/,
  ],
  ['run(train, { features: features.train });', /^trainer is missing: the step needs it$/],
  [
    'run(evaluate, { candidate: candidate.metrics, champion, holdout: features.holdout, target });',
    /^candidate expects a reference to a model, got a reference to metrics$/,
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
    /^a reference to a dataset has no field path$/,
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
/** Of each, in their order: where an editor underlines it, and the first line of what the compiler says there. */
const firstLines: readonly (readonly [string, string | RegExp])[] = [
  ['init', "Type 'Ref<Metrics>' is not assignable to type 'Wired<ModelRef | undefined>'."],
  ['features', "Type 'Ref<ModelRef>' is not assignable to type 'Wired<DatasetRef>'."],
  [
    'features',
    "Type 'Ref<{ snapshot: DatasetRef; passed: boolean; results: ExpectationSummary[]; quarantined: DatasetRef | null; validation: FileRef | null; report: FileRef | null; }>' is not assignable to type 'Wired<DatasetRef>'.",
  ],
  [
    'features',
    "Type 'Ref<{ train: DatasetRef; holdout: DatasetRef; matched: Record<string, number>; }>' is not assignable to type 'Wired<DatasetRef>'.",
  ],
  [
    'trian',
    "Property 'trian' does not exist on type 'Ref<{ train: DatasetRef; holdout: DatasetRef; matched: Record<string, number>; }>'. Did you mean 'train'?",
  ],
  [
    'featurs',
    /^Object literal may only specify known properties, but 'featurs' does not exist in type '\{ readonly features: Wired<DatasetRef>; .*Did you mean to write 'features'\?$/,
  ],
  [
    '{ features: features.train }',
    /^Argument of type '\{ features: Ref<DatasetRef>; \}' is not assignable to parameter of type '\{ readonly features: Wired<DatasetRef>; readonly trainer: /,
  ],
  ['candidate', "Type 'Ref<Metrics>' is not assignable to type 'Wired<ModelRef>'."],
  ['candidate', "Type 'Ref<DatasetRef>' is not assignable to type 'Wired<ModelRef>'."],
  ['holdout', "Type 'Ref<ModelRef>' is not assignable to type 'Wired<DatasetRef>'."],
  ['path', "Property 'path' does not exist on type 'Ref<DatasetRef>'."],
  ['report', "Type 'Ref<{ evidence: EvidenceRef; }>' is not assignable to type 'Wired<EvidenceRef>'."],
  ['report', "Type 'Ref<ModelRef>' is not assignable to type 'Wired<EvidenceRef>'."],
  ['version', "Type 'Ref<Verdict>' is not assignable to type 'Wired<VersionRef>'."],
  ['verdict', "Type 'Ref<EvidenceRef>' is not assignable to type 'Wired<Verdict>'."],
];
const head = `import { definePipeline, evaluate, featurize, gate, promote, python, register, train, validateData } from 'ratchet-ml';
import { z } from 'zod';
const trainer = python('train.py');
const rules = { metric: 'roc_auc', minimumEffect: 0 };
const target = 'late';
export default definePipeline({ name: 'a', model: 'a', params: z.object({}), graph: ({ champion, child, run }) => {
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

const write = (name: string, lines: readonly string[]): string => {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, `${head}${lines.join('\n')}\n  return {};\n} });\n`);
  return file;
};

let before: ts.Program | undefined;
/** What an editor shows of a file: what is underlined, from which line on, and the compiler's first line. */
function shownOf(file: string) {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile('tsconfig.json', ts.sys.readFile).config,
    ts.sys,
    '.',
  );
  const program = ts.createProgram({
    rootNames: [file],
    options: { ...options, noEmit: true, skipLibCheck: true },
    // What both import is parsed once.
    ...(before ? { oldProgram: before } : {}),
  });
  before = program;
  const source = program.getSourceFile(file);
  return program.getSemanticDiagnostics(source).map(({ start = 0, length = 0, messageText }) => ({
    line: (source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1 - first,
    at: source?.text.slice(start, start + length),
    says: ts.flattenDiagnosticMessageText(messageText, '\n').split('\n')[0],
  }));
}

it('fifteen wrong wirings are told in a sentence each, that says what was wanted and what was given', () => {
  const file = write(
    'pipeline',
    wirings.map(([text]) => text),
  );
  const problems = checkReferences([file]);
  expect(problems.map(({ line }) => line - first)).toEqual(wirings.map((_, index) => index));
  for (const [index, [text, said]] of wirings.entries()) expect(problems[index]?.message, text).toMatch(said);
  for (const { message } of problems) expect(message.length).toBeLessThan(200);
}, 300_000);

it("the compiler's own first line says so, too, at the input that is wrong", () => {
  const shown = shownOf(
    write(
      'shown',
      wirings.map(([text]) => text),
    ),
  );
  expect(shown.map(({ line }) => line)).toEqual(wirings.map((_, index) => index));
  for (const [index, [at, says]] of firstLines.entries()) {
    expect(shown[index]?.at).toBe(at);
    if (typeof says === 'string') expect(shown[index]?.says).toBe(says);
    else expect(shown[index]?.says).toMatch(says);
  }
}, 300_000);

it("and of a step of one's own, and of a reference to a whole input, which is right", () => {
  const own = `const Model = z.object({ kind: z.literal('model'), path: z.string() });
const own = defineStep({ name: 'own', input: z.object({ models: z.array(Model), note: z.string() }), output: Model, run: async () => { throw new Error(); } });
const whole = defineStep({ name: 'whole', input: z.object({}), output: z.object({ models: z.array(Model), note: z.string() }), run: async () => { throw new Error(); } });
const model = defineStep({ name: 'model', input: z.looseObject({}), output: Model, run: async () => { throw new Error(); } });
const either = { workflowType: 'a', taskQueue: 'b', input: z.union([Model, z.object({ note: z.string() })]), output: Model };`;
  const lines = [
    `${own.replaceAll('\n', ' ')}`,
    'run(own, run(whole, {})); run(model, { any: data }); child(either, { note: "a" }); child(either, child(either, { note: "a" }));',
    'run(own, { models: [run(model, {}), candidate.model], note: features.matched });',
    'run(own, { models: [], note: candidate.metrics });',
    'run(own, { models: run(model, {}), note: "e" });',
    'run(own, features);',
  ];
  const file = write('own', lines);
  writeFileSync(file, `import { defineStep } from 'ratchet-ml'; ${readFileSync(file, 'utf8')}`);
  expect(shownOf(file)).toEqual([
    {
      line: 2,
      at: 'candidate.model',
      says: `Type 'Ref<ModelRef>' is not assignable to type 'Wired<{ kind: "model"; path: string; }>'.`,
    },
    { line: 2, at: 'note', says: "Type 'Ref<Record<string, number>>' is not assignable to type 'Wired<string>'." },
    { line: 3, at: 'note', says: "Type 'Ref<Metrics>' is not assignable to type 'Wired<string>'." },
    {
      line: 4,
      at: 'models',
      says: expect.stringMatching(/^Type 'Ref<\{ kind: "model"; path: string; \}>' is not assign/),
    },
    { line: 5, at: 'features', says: expect.stringMatching(/^Argument of type 'Ref<\{ train: DatasetRef; /) },
  ]);
}, 300_000);
