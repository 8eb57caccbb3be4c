/**
 * What a bad table, a bad step or a bad trainer looks like to the person who ran it: one message with the place and the
 * next step, no stack trace, and a run whose state is right. What each message says in full is tested nearer to where it
 * is made; the table in README.md says where.
 */
import { beforeEach, expect, test } from 'vitest';
import { type Copy, copyOfSmall } from './world/pipelines.ts';
import { type Answer, ratchet } from './world/ratchet.ts';

let small: Copy;
beforeEach(() => {
  small = copyOfSmall('bad');
  // One after the other: a model that is promoted beside a step that fails would be right, and not what is asked here.
  small.edit('pipeline.ts', 'expectations: [] });', 'expectations: [] }, { after: [labelled] });');
  // A mistake of the step's own is tried three times unless it says otherwise.
  small.edit(
    'steps/label.ts',
    "name: 'label',",
    "name: 'label', timeout: '2s', retry: { attempts: 1 }, memory: '128mb',",
  );
});

const labelThat = (body: string) => () =>
  small.write('steps/label.ts', small.read('steps/label.ts').replace(/run: .*/, `run: ${body},`));
const trainerThat = (body: string) => () =>
  small.write('train.py', small.read('train.py').replace('    model = Log', `    ${body}\n    model = Log`));
const table = (body: string | Uint8Array) => () => small.write('data.csv', body);

test.each<[string, () => void, string, RegExp]>([
  ['a table without the target', table('x1,x2\n1,2\n3,4\n'), 'featurize', /column y is missing; there (is|are).*x1/s],
  ['an empty table', table(''), 'validateData', /data\.csv.*empty/s],
  ['a table in Latin-1', table(Buffer.from('x1,name\n1,caf\xe9\n', 'latin1')), 'validateData', /data\.csv.*UTF-8/is],
  ['a step that gives NaN', labelThat('() => Number.NaN as unknown as string'), 'label', /label.*NaN/s],
  ['a step that gives 10 MB', labelThat("() => 'x'.repeat(10_000_000)"), 'label', /65,536.*saveDataset/s],
  ['a step that blocks', labelThat('() => { for (;;) {} }'), 'label', /timeout of 2 s and blocked/],
  [
    'a step that allocates without end',
    labelThat('() => { const a: unknown[] = []; for (;;) a.push(new Array(100_000).fill(1.5)); }'),
    'label',
    /more memory than its 128 MiB/,
  ],
  [
    'a trainer that exits 1',
    trainerThat('raise SystemExit("no rows today")'),
    'train',
    /no rows today.*whole log: http/s,
  ],
  ['a trainer that logs no model', trainerThat('return'), 'train', /log_model/],
])('%s fails the run with one message', async (_, spoil, node, message) => {
  spoil();
  const said = await ratchet('run', small.name, '--wait', '--json');
  const answer = said.json();
  expect([said.code, answer.status, answer.modelVersion]).toEqual([1, 'failed', null]);
  expect(answer.reasons).toHaveLength(1);
  expect(answer.reasons[0]).toMatch(message);
  expect(answer.nodes.find(({ id }) => id === node)?.status).toBe('failed');
  expect(answer.nodes.find(({ id }) => id === 'promote')?.status).not.toBe('done');

  const shown = await ratchet('show', answer.runId);
  expect(shown.stdout).toMatch(/^failed {2}run\/bad[\w-]*\//);
  expect(shown.stdout).toMatch(message);
  expect(shown.stdout).toContain(`ratchet retry ${answer.runId}`);
  expect(`${said.stdout}${said.stderr}${shown.stdout}`).not.toMatch(/^ {4}at |Traceback/m);
  const record = (await ratchet('show', answer.runId, '--json')).json<{ result: Answer; failure: { node: string } }>();
  expect(record).toMatchObject({ result: { status: 'failed' }, failure: { node } });
});
