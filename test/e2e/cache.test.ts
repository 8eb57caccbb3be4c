/** What a second run does again, and why: nothing, unless something that it depends on has changed. */
import { beforeAll, expect, test } from 'vitest';
import { DatasetRef } from '#contracts/data.ts';
import { copyOfSmall } from './world/pipelines.ts';
import { type Answer, ratchet } from './world/ratchet.ts';
import { outputOf, withStore } from './world/store.ts';

const small = copyOfSmall('cached');
const run = async (): Promise<Answer> => {
  const said = await ratchet('run', small.name, '--wait', '--json');
  expect(said.code, said.stderr).toBe(0);
  return said.json();
};
const fromCache = ({ nodes }: Answer) =>
  Object.fromEntries(nodes.filter(({ status }) => status === 'done').map(({ id, cached }) => [id, cached]));
const reason = ({ nodes }: Answer, id: string) => nodes.find((node) => node.id === id)?.reason;

let second: Answer;
beforeAll(async () => {
  // The cache serves every pipeline of the project: a trainer of its own makes this one start from nothing.
  small.write('train.py', `${small.read('train.py')}# of ${small.name}\n`);
  expect((await run()).modelVersion).toBe('1');
  second = await run();
});

test('an identical run is served from the cache, makes no version and ends as already champion', async () => {
  expect(second).toMatchObject({ status: 'already-champion', modelVersion: '1' });
  // evaluate reads the champion, which there was none of at first; gate is never cached, and what follows is an effect.
  expect(fromCache(second)).toMatchObject({
    measure: true,
    label: true,
    untouched: true,
    validateData: true,
    featurize: true,
    train: true,
    evaluate: false,
  });
  expect(reason(second, 'train')).toMatch(/^hit: same code and input as run\/cached[\w-]*\//);
  expect(reason(second, 'evaluate')).toMatch(/^miss: .*champion/);
  const third = await run();
  expect(third.status).toBe('already-champion');
  expect(fromCache(third).evaluate).toBe(true);
});

test('a file that nothing reads changes nothing', async () => {
  small.write('NOTES.md', 'Nobody imports this.\n');
  small.write('steps/unused.ts', 'export const unused = 1;\n');
  const { nodes } = await run();
  const ran = nodes.filter(({ kind, status, cached }) => kind === 'run' && status === 'done' && !cached);
  expect(ran.map(({ id }) => id)).toEqual(['gate', 'register', 'promote']);
});

test('a module that a step imports: the step runs again, and what comes after it only if the output differs', async () => {
  small.edit('steps/rows.ts', '2_000', '2_000 + 0');
  const same = await run();
  expect(fromCache(same)).toMatchObject({ measure: false, label: true, untouched: true, train: true });
  expect(reason(same, 'measure')).toBe("miss: the step's code changed");
  small.edit('steps/rows.ts', '2_000 + 0', '1_999');
  const other = await run();
  expect(fromCache(other)).toMatchObject({ measure: false, label: false, untouched: true, train: true });
  expect(reason(other, 'label')).toBe('miss: input.rows changed');
});

test("a step's own module: that step alone", async () => {
  small.edit('steps/label.ts', 'rows`', 'rows in all`');
  expect(fromCache(await run())).toMatchObject({ measure: true, label: false, untouched: true, train: true });
});

test('the trainer: it runs again, and all that its model decides; the plan says so beforehand', async () => {
  small.edit('train.py', 'LogisticRegression()', 'LogisticRegression(C=1.0)');
  const plan = (await ratchet('plan', small.name, '--json')).json<{
    nodes: { id: string; cached: boolean | null; reason: string }[];
  }>();
  const planned = Object.fromEntries(plan.nodes.map((node) => [node.id, node]));
  expect(planned.featurize).toMatchObject({
    cached: true,
    reason: expect.stringMatching(/^hit: same code and input as run\//),
  });
  expect(planned.train).toMatchObject({ cached: false, reason: expect.stringMatching(/^miss: .*trainer/) });
  expect(planned.evaluate).toMatchObject({ cached: null, reason: 'depends on train' });
  const answer = (await ratchet('run', small.name, '--wait', '--json')).json();
  expect(fromCache(answer)).toMatchObject({ featurize: true, train: false, evaluate: false });
});

test('an artifact that is gone from the store is made again', async () => {
  const snapshot = await outputOf(second.runId, 'featurize');
  const { uri } = DatasetRef.parse((snapshot as { train: unknown }).train);
  await withStore((store) => store.delete(store.key(uri)));
  const again = (await ratchet('run', small.name, '--wait', '--json')).json();
  expect(fromCache(again)).toMatchObject({ validateData: true, featurize: false });
  expect(reason(again, 'featurize')).toBe(`miss: artifact ${uri} is gone or damaged`);
  expect(await withStore((store) => store.head(store.key(uri)))).not.toBeNull();
});
