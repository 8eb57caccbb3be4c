/** `ratchet run --wait --json`: one object on stdout, and an exit code that a script can branch on. */
import { expect, test } from 'vitest';
import { copyOfSmall } from './world/pipelines.ts';
import { ratchet, type Said } from './world/ratchet.ts';

const small = copyOfSmall('answers');
const run = (...params: string[]) =>
  ratchet('run', small.name, ...params.flatMap((param) => ['--param', param]), '--wait', '--json');

const stages = ['validateData', 'featurize', 'train', 'evaluate', 'gate', 'register', 'promote'];

function wellFormed(said: Said) {
  const answer = said.json();
  expect(answer.runId).toMatch(/^run\/answers[\w-]*\//);
  expect(answer).toMatchObject({ status: expect.any(String), reasons: expect.any(Array), nodes: expect.any(Array) });
  for (const node of answer.nodes)
    expect(node).toMatchObject({
      id: expect.any(String),
      status: expect.any(String),
      cached: expect.any(Boolean),
      reason: expect.any(String),
    });
  expect(said.stderr).not.toMatch(/^ {4}at /m);
  return answer;
}

test('promoted: 0, with the version and every stage done', async () => {
  const said = await run('columns=1');
  const answer = wellFormed(said);
  expect([said.code, answer.status, answer.verdict, answer.modelVersion]).toEqual([0, 'promoted', 'passed', '1']);
  expect(answer.reasons.join()).toMatch(/first champion/);
  for (const id of stages)
    expect(answer.nodes.find((node) => node.id === id)).toMatchObject({ status: 'done', ms: expect.any(Number) });
});

test('promoted again: a better model, the next version', async () => {
  const said = await run('columns=3');
  const answer = wellFormed(said);
  expect([said.code, answer.status, answer.modelVersion]).toEqual([0, 'promoted', '2']);
  expect(answer.reasons.join()).toMatch(/better by 0\.\d+ \(95 % interval/);
});

test('refused: 3, with what is missing, and no version', async () => {
  const said = await run('columns=1', 'rows=1000');
  const answer = wellFormed(said);
  expect([said.code, answer.status, answer.verdict, answer.modelVersion]).toEqual([3, 'refused', 'refused', null]);
  expect(answer.reasons.join()).toMatch(/worse by/);
  expect(answer.nodes.find((node) => node.id === 'register')?.status).toBe('skipped');
  const floor = await run('columns=1', 'rows=1000', 'floor=0.99');
  expect([floor.code, floor.json().status]).toEqual([3, 'refused']);
  expect(floor.json().reasons.join()).toMatch(/0\.99/);
});

test('inconclusive: 4, and says what would settle it', async () => {
  const said = await run('rows=150');
  const answer = wellFormed(said);
  expect([said.code, answer.status, answer.verdict]).toEqual([4, 'inconclusive', 'inconclusive']);
  expect(answer.reasons.join()).toMatch(/more holdout rows/);
});

test('already champion: 0, and no version more', async () => {
  const said = await run('columns=3');
  expect([said.code, wellFormed(said).status]).toEqual([0, 'already-champion']);
  expect(said.json().modelVersion).toBe('2');
});

test('wrong use: 2, before anything is started', async () => {
  const before = (await ratchet('runs', '--json')).stdout;
  const thrown = copyOfSmall('throws');
  thrown.edit(
    'pipeline.ts',
    'const measured',
    "if (params.columns === 2) throw new Error('not today');\n    const measured",
  );
  const cases: [string[], RegExp][] = [
    [
      ['run', thrown.name, '--param', 'columns=2'],
      /not today.*pipelines\/throws[\w-]*\/pipeline\.ts:\d+|pipelines\/throws[\w-]*\/pipeline\.ts:\d+.*not today/s,
    ],
    [['run', small.name, '--param', 'columns=9'], /columns.*4/s],
    [['run', small.name, '--param', 'colums=2'], /colums/],
    [['run', small.name, '--param', 'columns'], /key=value/],
    [['run', 'smal'], /smal/],
    [['run', '../outside'], /\.\.\/outside/],
    [['rum', small.name], /unknown command 'rum'/],
    [['run'], /pipeline/],
    [['run', small.name, '--as-of', 'yesterday'], /yesterday/],
    [['retry', 'run/answers/nobody'], /nobody/],
    [['show', 'run/answers/nobody'], /nobody/],
  ];
  for (const [args, message] of cases) {
    const said = await ratchet(...args);
    expect([args.join(' '), said.code]).toEqual([args.join(' '), 2]);
    expect(said.stderr).toMatch(message);
    expect(said.stderr).not.toMatch(/^ {4}at /m);
  }
  expect((await ratchet('runs', '--json')).stdout).toBe(before);
});
