/**
 * Collections beside real runs: what a retry, a waiting run, the champion and a later run need is there, and what is gone is a miss
 * that says so. Time is not waited for: each collection takes every object for so many days older than it is.
 */
import { expect, test } from 'vitest';
import { type Collection, collect } from '#activities/collect/collect.ts';
import { restoring } from '#activities/collect/restoring-store.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { connectTemporal } from '#adapters/temporal/connection.ts';
import { createLiveWorkflows } from '#adapters/temporal/live-workflows.ts';
import { DatasetRef, EvidenceRef } from '#contracts/data.ts';
import { storeKey } from '#contracts/names.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { copyOfSmall } from './world/pipelines.ts';
import { type Answer, projectFolder, ratchet, until } from './world/ratchet.ts';
import { outputOf, withStore } from './world/store.ts';

const DAY = 86_400_000;
const small = copyOfSmall('collected');
const labelStep = small.read('steps/label.ts');

/** As if all that is there had been written so many days earlier. */
async function collectAfter(days: number): Promise<Collection> {
  const settings = connectionSettings(projectFolder);
  const real = createObjectStore(settings.store);
  const temporal = await connectTemporal({ ...settings.temporal, env: {} });
  const store = {
    ...real,
    async *list(prefix: string) {
      for await (const each of real.list(prefix)) {
        const earlier = each.key.startsWith('users/') ? 0 : days * DAY;
        yield { ...each, modified: new Date(each.modified.getTime() - earlier) };
      }
    },
  };
  try {
    return await collect(
      {
        ...{ store, uploads: real, live: createLiveWorkflows(temporal.client) },
        registry: createTracking({ url: settings.mlflow.url }),
        async *projectTexts() {},
      },
      { remove: true, graceMs: 7 * DAY, keepRunsMs: 90 * DAY, keepCacheMs: 30 * DAY },
    );
  } finally {
    await temporal.close();
    await real.close();
  }
}

const statuses = ({ nodes }: Answer) => Object.fromEntries(nodes.map(({ id, status }) => [id, status]));
const dataset = async (runId: string) => {
  const { train } = (await outputOf(runId, 'featurize')) as { train: unknown };
  return DatasetRef.parse(train);
};

let failed: Answer;
let promoted: Answer;

test('a retry after a collection finds all that it needs', async () => {
  small.edit(
    'pipeline.ts',
    'const labelled = run(label, { rows: measured.rows });',
    "const labelled = run(label, { rows: measured.rows }, { after: ['featurize'], retry: { attempts: 1 } });",
  );
  small.edit(
    'pipeline.ts',
    "target: 'y',\n    });\n    const report",
    "target: 'y',\n    }, { after: [labelled] });\n    const report",
  );
  const lines = small.read('pipeline.ts').split('\n');
  const at = lines.findIndex((line) => line.includes('const labelled'));
  const [line = ''] = lines.splice(at, 1);
  lines.splice(
    lines.findIndex((each) => each.includes('const candidate')),
    0,
    line,
  );
  small.write('pipeline.ts', lines.join('\n'));
  small.write('steps/label.ts', labelStep.replace(/run: .*/, "run: () => { throw new Error('no such label'); },"));
  failed = (await ratchet('run', small.name, '--param', 'columns=2', '--wait', '--json')).json();
  expect(statuses(failed)).toMatchObject({ featurize: 'done', label: 'failed' });

  const { kept } = await collectAfter(60);
  expect(kept['the record of a run of the last 90 days']?.objects).toBeGreaterThan(3);

  small.write('steps/label.ts', labelStep);
  promoted = (await ratchet('retry', failed.runId, '--wait', '--json')).json();
  expect(promoted).toMatchObject({ status: 'promoted', modelVersion: '1' });
  expect(statuses(promoted)).toMatchObject({ measure: 'kept', validateData: 'kept', featurize: 'kept', train: 'done' });
});

test('a run that waits for a person through two collections a year later ends well', async () => {
  const { runId } = (
    await ratchet('run', small.name, '--param', 'columns=3', '--param', 'ask=true', '--wait', '--json')
  ).json();
  const first = await collectAfter(400);
  const second = await collectAfter(400);
  expect(first.kept['a workflow that goes on']?.objects).toBeGreaterThan(3);
  expect(second.does.restore.objects).toBe(0);
  expect((await ratchet('approve', runId, '--as', 'ada')).code).toBe(0);
  const ended = await until(async () => {
    const shown = (await ratchet('show', runId, '--json')).json<{ result?: Answer } & Answer>();
    const { status } = shown.result ?? shown;
    return status !== 'waiting' && status !== 'running' && status;
  });
  expect(ended).toBe('promoted');
});

test('a champion keeps its data, evidence and report, whatever the age of its run', async () => {
  await collectAfter(400);
  await collectAfter(400);
  const { uri } = await dataset(promoted.runId);
  const { evidence } = (await outputOf(promoted.runId, 'evaluate')) as { evidence: unknown };
  const { uri: figures, html } = EvidenceRef.parse(evidence);
  await withStore(async (store) => {
    for (const each of [uri, figures, html ?? '']) expect(await store.head(store.key(each)), each).not.toBeNull();
  });
});

test('a result of a step that was collected is a miss that says so, and is computed again', async () => {
  // Nothing is registered, so that no version keeps it.
  const refused = ['--param', 'columns=1', '--param', 'rows=700', '--param', 'floor=0.99', '--wait', '--json'];
  const trained = async () => {
    const answer = (await ratchet('run', small.name, ...refused)).json();
    return { status: answer.status, train: answer.nodes.find(({ id }) => id === 'train') };
  };
  expect(await trained()).toMatchObject({ status: 'refused', train: { cached: false } });
  expect(await trained()).toMatchObject({ train: { cached: true } });
  await collectAfter(400);
  expect(await trained()).toMatchObject({
    status: 'refused',
    train: { cached: false, reason: expect.stringMatching(/^miss: /) },
  });
});

test('what lies in the trash is taken back by whoever asks for it, and is gone after another grace period', async () => {
  await withStore(async (store) => {
    const [one, two] = ['1', '2'].map((digit) => storeKey.evidence(digit.repeat(64), 'json')) as [string, string];
    for (const key of [one, two]) await store.put(key, '{}');
    await collectAfter(8);
    expect([await store.head(one), await store.head(two)]).toEqual([null, null]);
    expect(await restoring(store).head(one)).toEqual({ bytes: 2 });
    await collectAfter(8);
    expect(await restoring(store).head(two)).toBeNull();
    expect(await store.head(storeKey.trash(one))).not.toBeNull();
  });
});

test('the verb says what would go and touches nothing; asks for sense; a second at once is harmless', async () => {
  const said = await ratchet('gc', '--json');
  expect(said.code, said.stderr).toBe(0);
  expect(said.json<Collection>()).toMatchObject({ removed: false, does: { trash: { objects: 0 } } });
  const words = await ratchet('gc');
  expect(words.stdout).toMatch(/records, decisions, policies.*\n/);
  expect(words.stdout).toMatch(/within the grace period/);
  const wrong = await ratchet('gc', '--grace', '30d', '--keep-cache', '10d');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/at least --grace \(30d\)/)]);
  expect((await ratchet('gc', '--grace', '1h')).stderr).toMatch(/too short: at least 1d/);
  const both = await Promise.all([ratchet('gc', '--delete', '--json'), ratchet('gc', '--delete', '--json')]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
});
