/**
 * A walk through the windows of a year and the same walk backwards give the same verdicts, with real models: trained,
 * predicting, registered and promoted by real parts. And labels that are late leave a run as of now a holdout.
 */
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { continuousTraining, type Pipeline, python } from 'ratchet-ml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import { asActivities } from '#activities/dispatch/failure.ts';
import { createFeaturize } from '#activities/features/featurize.ts';
import { createEvaluate, type EvaluateDeps } from '#activities/model/evaluate/evaluate.ts';
import { createTrain } from '#activities/model/train.ts';
import { createAccountActivities } from '#activities/release/account-activities.ts';
import { createGate } from '#activities/release/gate.ts';
import { createModelActivities } from '#activities/release/model-activities.ts';
import { createPromote } from '#activities/release/promote.ts';
import { createRegister } from '#activities/release/register.ts';
import { planRun } from '#activities/run/plan-run.ts';
import { PythonPredictor } from '#adapters/process/predictor.ts';
import { keysOf } from '#adapters/s3/keys.ts';
import { moveAlias, registerVersion } from '#adapters/temporal/models.ts';
import { workflowBundle } from '#adapters/temporal/workflow-bundle.ts';
import { resultText } from '#cli/kit/runs/view.ts';
import type { ChampionRef, DatasetRef, ModelRef } from '#contracts/data.ts';
import type { Duration } from '#contracts/duration.ts';
import type { Json } from '#contracts/json.ts';
import { taskQueue } from '#contracts/names.ts';
import type { PinnedProgram } from '#contracts/program.ts';
import { storyOf } from '#contracts/run-story.ts';
import { evaluate, featurize, gate } from '#contracts/stages/index.ts';
import type { Promotion } from '#ports/promotion.ts';
import { drawnKey } from '../fixtures/signing-keys.ts';
import { attemptOf, startWorld, type World } from '../integration/train-setup.ts';
import { testPython } from '../servers/programs.ts';
import { bundleCache, startDevServer } from '../workflows/harness.ts';

const trainPy = `import json, os
from pathlib import Path
import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression

job = json.loads(Path(os.environ["RATCHET_JOB"]).read_text())
rows = pd.read_parquet(job["inputs"]["features"]["path"])
with mlflow.start_run():
    model = LogisticRegression().fit(rows[["x1", "x2"]], rows["y"])
    sample = rows[["x1", "x2"]].head(3)
    mlflow.sklearn.log_model(model, name="model", signature=mlflow.models.infer_signature(sample, model.predict(sample)),
        # Named here, MLflow need not load the model in another process to find out.
        pip_requirements=["mlflow", "scikit-learn", "pandas"])
`;

const DAY = 86_400_000;
const first = Date.parse('2011-01-01T00:00:00Z');
const at = (day: number) => new Date(first + day * DAY).toISOString();

/** Rows around the clock: until day 75 the label goes by x1, then by x2. Labels of the last `late` days are not there. */
function rows(days: number, start: number, late = 0): string {
  let state = 7;
  // Park and Miller's generator: the same rows on every machine.
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const lines = ['t,x1,x2,y'];
  for (let day = 0; day < days; day++)
    for (let n = 0; n < 60; n++) {
      const [x1, x2] = [random() * 2 - 1, random() * 2 - 1];
      const says = 1 / (1 + Math.exp(-4 * (day < 75 ? x1 : x2)));
      const label = random() < says ? 1 : 0;
      const time = new Date(start + day * DAY + n * 1_440_000).toISOString();
      lines.push(`${time},${x1.toFixed(4)},${x2.toFixed(4)},${day >= days - late ? '' : label}`);
    }
  return `${lines.join('\n')}\n`;
}

let world: World;
let temporal: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
let predictor: PythonPredictor;
let program: PinnedProgram;
let stages: ReturnType<typeof stagesOf>;

beforeAll(async () => {
  [world, temporal] = await Promise.all([startWorld(), startDevServer()]);
  predictor = new PythonPredictor({ trainers: join(import.meta.dirname, '../../trainers') });
  program = await world.program(['python', 'train.py'], { 'train.py': trainPy });
  stages = stagesOf();
  worker = await Worker.create({
    connection: temporal.nativeConnection,
    namespace: temporal.namespace ?? 'default',
    taskQueue: taskQueue.control('dev'),
    workflowBundle: await workflowBundle({ cacheFolder: bundleCache }),
    activities: asActivities({
      ...createModelActivities(world.deps.tracking),
      ...createAccountActivities({ store: world.deps.store, registry: world.deps.tracking, signingKey: drawnKey }),
    }),
  });
  running = worker.run();
}, 300_000);
afterAll(async () => {
  worker?.shutdown();
  await running;
  await predictor?.close();
  await temporal?.teardown();
  await world?.close();
});

function stagesOf() {
  const { store, tracking } = world.deps;
  // The world's tables answer more than its jobs need.
  const tables = world.deps.tables as unknown as EvaluateDeps['tables'] &
    Parameters<typeof createFeaturize>[0]['tables'];
  const promotion: Promotion = {
    register: (target, request) => registerVersion(temporal.client, target, request),
    move: (target, request) => moveAlias(temporal.client, target, request),
  };
  return {
    featurize: createFeaturize({ store, tables, cacheFolder: join(world.folder, 'cache') }),
    train: createTrain(world.deps),
    evaluate: createEvaluate({
      ...{ store, tracking, tables, predictor, modelFolder: join(world.folder, 'models') },
      localFile: (ref, signal) => world.cache.localFile(ref, signal),
      environmentFor: async () => testPython(),
    }),
    gate: createGate({ store, tracking, tables }),
    register: createRegister({ promotion, store, tracking }),
    promote: createPromote({ promotion, tracking }),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: any pipeline is welcome
type Any = Pipeline<any, any>;
/** Models by what they were trained on: what the cache gives to a run that trains on the same rows again. */
const trained = new Map<string, ModelRef>();
let runs = 0;

/** One run of a preset, its graph's stages one after the other, judged against the champion that its plan names. */
async function run(pipeline: Any, data: DatasetRef, asOf: string, cached: boolean) {
  const id = `run/${pipeline.name}/${++runs}`;
  const { tracking } = world.deps;
  let nodes: readonly { id: string; input?: Json }[] = [];
  const { run: context, plan } = await planRun(
    {
      ...{ environment: 'dev', host: 'here', tracking },
      store: { ...world.deps.store, uri: keysOf('bucket', '').uri },
      code: {
        compile: async ({ asOf: time, champion }) => {
          const of = await champion(pipeline.name, time);
          const graph = pipeline.compile({} as z.input<z.ZodObject>, { champion: of, asOf: time });
          nodes = graph.nodes;
          return { graph: { ...graph, nodes: [] }, champion: of, bundle: 'b', steps: {} };
        },
      },
    },
    { workflowId: id, pipeline: pipeline.name, params: {}, envelope: { asOf }, startedAt: asOf },
  );
  const asked = (node: string) => nodes.find((each) => each.id === node)?.input as Record<string, Json>;
  const attempt = (node: string) => ({ ...attemptOf(id, node), run: context });
  const parts = await stages.featurize(featurize.input.parse({ ...asked('featurize'), data }), attempt('featurize'));
  const before = cached ? trained.get(parts.train.digest) : undefined;
  const candidate =
    before ??
    (
      await stages.train(
        { features: parts.train, inputs: {}, trainer: program, params: {}, target: 'y', seed: 0 },
        attempt('train'),
      )
    ).model;
  trained.set(parts.train.digest, candidate);
  const { champion } = plan;
  const evaluation = { ...asked('evaluate'), candidate, champion, holdout: parts.holdout };
  const { evidence } = await stages.evaluate(evaluate.input.parse(evaluation), attempt('evaluate'));
  const rules = gate.input.shape.rules.parse(asked('gate').rules);
  const judged = await stages.gate({ report: evidence, rules }, attempt('gate'));
  const outcomes: Parameters<typeof storyOf>[0][number][] = [{ step: 'gate', output: judged as unknown as Json }];
  if (judged.passed && !judged.record.already) {
    const request = { candidate, verdict: judged.record, description: '', tags: {} };
    const registered = await stages.register(request, attempt('register'));
    const promoted = await stages.promote({ version: registered.ref }, attempt('promote'));
    outcomes.push({ step: 'register', output: registered }, { step: 'promote', output: promoted });
  }
  const story = storyOf(outcomes);
  return {
    asOf,
    measured: evidence,
    champion,
    ...judged.record,
    story,
    text: resultText({ ...ended, runId: id, ...story }),
  };
}
const ended = { pipeline: 'walk', nodes: [], output: null };

const preset = (name: string, more: { labelsAfter?: Duration } = {}) =>
  continuousTraining({
    ...{ name, data: 'rows.csv', target: 'y', time: 't', trainer: python('train.py'), select: ['x1', 'x2', 'y'] },
    // The walk back judges on the rows of the walk there once more.
    ...{ train: '40d', holdout: '15d', rules: { metric: 'roc_auc', minimumEffect: 0.01, holdout: 'reused' as const } },
    ...more,
  });

test('backwards each window has the verdict that it had forwards', async () => {
  const walk = preset('walk');
  const data = await world.dataset(rows(130, first));
  const days = [60, 72, 100, 125];
  const forwards = [];
  for (const day of days) forwards.push(await run(walk, data, at(day), false));
  const verdict = ({ outcome, against, reasons }: Awaited<ReturnType<typeof run>>) => ({
    outcome,
    against,
    decisive: reasons[0],
    notes: reasons.filter((reason) => reason.startsWith('note: ')),
  });
  // A walk that shows something: a first champion, better ones, and one that is not better.
  expect(forwards.map(({ story }) => story.status)).toEqual(['promoted', 'refused', 'promoted', 'promoted']);
  expect(forwards.flatMap(verdict).flatMap(({ notes }) => notes)).toEqual([]);
  const champion = (await world.deps.tracking.champion('walk')) as ChampionRef;
  expect(champion.training).toEqual([expect.objectContaining({ window: expect.objectContaining({ column: 't' }) })]);

  for (const there of forwards.toReversed()) {
    const newest = there === forwards.findLast(({ story }) => story.status === 'promoted');
    // What the champion itself was made for gives the same model by the cache; all else is trained anew.
    const back = await run(walk, data, there.asOf, newest);
    if (newest) {
      expect([back.outcome, back.already, back.against]).toEqual(['passed', true, champion.version]);
      continue;
    }
    expect(verdict(back)).toEqual(verdict(there));
    expect(back.text).toMatch(new RegExp(`version ${champion.version} is champion (now )?and stays`));
    if (back.outcome !== 'passed') expect(back.text).toContain('later-champion: ');
    expect(back.laterChampion?.version).toBe(champion.version);
  }
  expect((await world.deps.tracking.champion('walk'))?.version).toBe(champion.version);

  // Against the champion of now, as a run as of the past must not be: all of the holdout is of its training.
  const early = forwards[2] as (typeof forwards)[number];
  const unfair = await stages.evaluate(
    evaluate.input.parse({
      candidate: trained.values().next().value,
      champion,
      holdout: await holdoutOf(walk, data, early.asOf),
      target: 'y',
    }),
    attemptOf('run/walk/unfair', 'evaluate'),
  );
  expect(unfair.evidence.overlap?.sides[1]).toMatchObject({ side: 'champion', unknown: false });
  expect(unfair.evidence.overlap?.rows).toBe(900);
  const rules = gate.input.shape.rules.parse({ metric: 'roc_auc', minimumEffect: 0.01 });
  const { record } = await stages.gate({ report: unfair.evidence, rules }, attemptOf('run/walk/unfair', 'gate'));
  expect(record.reasons[0]).toMatch(
    /^none of the 900 holdout rows is left to judge on, .*champion v\d was trained on rows from 2011-03-12 up to 2011-04-20T\S+ \(t\).*Run as of a time at least 25 days later/,
  );
}, 600_000);

async function holdoutOf(pipeline: Any, data: DatasetRef, asOf: string): Promise<DatasetRef> {
  const { nodes } = pipeline.compile({} as z.input<z.ZodObject>, { champion: null, asOf });
  const input = nodes.find(({ id }) => id === 'featurize')?.input as Record<string, Json>;
  const attempt = attemptOf('run/walk/holdout', 'featurize');
  return (await stages.featurize(featurize.input.parse({ ...input, data }), attempt)).holdout;
}

test('labels that come 28 days late leave a run as of now a holdout, all of it labelled, and it is judged', async () => {
  const now = Date.now();
  const late = await world.dataset(rows(100, now - 100 * DAY, 28));
  const { outcome, story, measured } = await run(
    preset('late', { labelsAfter: '28d' }),
    late,
    new Date(now).toISOString(),
    false,
  );
  expect(measured.rows).toBeGreaterThan(800);
  expect(measured.dropped?.target).toBe(0);
  expect([outcome, story.status]).toEqual(['passed', 'promoted']);
  await expect(run(preset('early'), late, new Date(now).toISOString(), false)).rejects.toThrow(
    /the holdout from .* has [\d,]+ rows and no label: .*labelsAfter: '29d'/,
  );
}, 300_000);
