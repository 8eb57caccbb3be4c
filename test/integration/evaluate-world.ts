/** Real models in a real MLflow, a real object store, the data host and the Python that predicts. */

import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createEvaluate, type EvaluateDeps } from '#activities/model/evaluate/evaluate.ts';
import { createGate } from '#activities/release/gate.ts';
import type { StageWork } from '#activities/stage.ts';
import { PythonPredictor } from '#adapters/process/predictor.ts';
import type { ChampionRef, DatasetRef, ModelRef } from '#contracts/data.ts';
import { EvidenceRef } from '#contracts/data.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import { evaluate } from '#contracts/stages/evaluate.ts';
import type { HoldoutUses } from '#ports/holdout-uses.ts';
import { claim, type HoldoutUse, settle } from '#workflows/model/holdout-uses.ts';
import { testPython } from '../servers/programs.ts';
import { attemptOf, startWorld, type World } from './train-setup.ts';

interface Made {
  readonly runId: string;
  readonly uri: string;
  /** scikit-learn's figures on the holdout. */
  readonly [metric: string]: number | string;
}
export interface JudgedWorld extends World {
  readonly models: Readonly<Record<'good' | 'slow' | 'weak' | 'kinds' | 'minutes', Made>>;
  readonly holdout: DatasetRef;
  /** Ten rows without a target, thirty without an input. */
  readonly missing: DatasetRef;
  readonly evaluateDeps: EvaluateDeps;
  readonly evaluate: StageWork<'evaluate'>;
  readonly gate: StageWork<'gate'>;
  candidate(name: keyof JudgedWorld['models']): Promise<ModelRef>;
  champion(name: keyof JudgedWorld['models'], version?: string): Promise<ChampionRef>;
}

export async function startJudgedWorld(): Promise<JudgedWorld> {
  const world = await startWorld();
  try {
    return await judgedWorld(world);
  } catch (error) {
    await world.close();
    throw error;
  }
}

async function judgedWorld(world: World): Promise<JudgedWorld> {
  const python = testPython();
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-judge-'));
  const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, 'evaluate-models.py'), folder], {
    env: {
      ...process.env,
      MLFLOW_TRACKING_URI: world.mlflow.url,
      MLFLOW_DISABLE_TELEMETRY: 'true',
      GIT_PYTHON_REFRESH: 'quiet',
    },
    timeout: 200_000,
  });
  const models = JSON.parse(stdout.trim().split('\n').at(-1) as string);
  const { store, tracking, tables } = world.deps;
  const dataset = async (name: string): Promise<DatasetRef> => {
    const to = join(folder, `${name}-kept.parquet`);
    const { md5, rows, bytes, columns } = await tables.snapshot({
      files: [join(folder, `${name}.parquet`)],
      format: 'parquet',
      to,
    });
    const { uri } = await world.cache.keep(to, md5);
    return { kind: 'dataset', uri, digest: `md5:${md5}`, format: 'parquet', rows, bytes, columns: [...columns] };
  };
  const predictor = new PythonPredictor({ trainers: join(import.meta.dirname, '../../trainers') });
  // The world's tables answer more than its jobs need.
  const whole = tables as EvaluateDeps['tables'];
  const evaluateDeps: EvaluateDeps = {
    store,
    tracking,
    tables: whole,
    localFile: (ref, signal) => world.cache.localFile(ref, signal),
    modelFolder: join(folder, 'models'),
    predictor,
    environmentFor: async () => python,
  };
  const digestOf = (uri: string) => tracking.modelDigest(uri);
  return {
    ...world,
    models,
    holdout: await dataset('holdout'),
    missing: await dataset('missing'),
    evaluateDeps,
    evaluate: createEvaluate(evaluateDeps),
    gate: createGate({ store, tracking, tables: whole }),
    candidate: async (name) => ({
      kind: 'model',
      runId: models[name].runId,
      uri: models[name].uri,
      digest: await digestOf(models[name].uri),
      environment: null,
      trainedOn: null,
    }),
    champion: async (name, version = '3') => ({
      kind: 'champion',
      model: 'lateness',
      version,
      runId: models[name].runId,
      uri: models[name].uri,
      digest: await digestOf(models[name].uri),
    }),
    async close() {
      await predictor.close();
      await world.close();
    },
  };
}

/** What `model/lateness` remembers, asked without a server: its own functions, one request at a time. */
export function usesInMemory(): HoldoutUses & { all(): readonly HoldoutUse[] } {
  let uses: HoldoutUse[] = [];
  return {
    all: () => uses,
    claim: async (_, request) => {
      const claimed = claim(uses, request);
      uses = claimed.uses;
      return claimed.answer;
    },
    settle: async (_, request) => {
      uses = settle(uses, request);
    },
  };
}

/** An evaluation's input, with the stage's defaults. */
export const evaluating = (input: Parameters<typeof evaluate.input.parse>[0]) => evaluate.input.parse(input);
let attempts = 0;
export const attempt = (node: string) => attemptOf(`run/lateness/${++attempts}`, node);

export const storedText = async ({ deps }: JudgedWorld, uri: string): Promise<string> =>
  Buffer.from((await deps.store.get(deps.store.key(uri))) as Uint8Array).toString('utf8');

/** The good candidate against the weak champion. */
export const goodAgainstWeak = async (world: JudgedWorld) =>
  evaluating({
    candidate: await world.candidate('good'),
    champion: await world.champion('weak'),
    holdout: world.holdout,
    target: 'late',
    slices: ['carrier', 'origin'],
  });

export const gateRules = (more: Partial<GateRules> = {}) =>
  GateRules.parse({ metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 }, ...more });

type Kind = 'good' | 'weak';
export async function evidenceOf(world: JudgedWorld, candidate: Kind, champion: Kind | null): Promise<EvidenceRef> {
  const input = {
    candidate: await world.candidate(candidate),
    champion: champion && (await world.champion(champion)),
    holdout: world.holdout,
    target: 'late',
    slices: ['carrier'],
  };
  return EvidenceRef.parse((await world.evaluate(evaluating(input), attempt('evaluate'))).evidence);
}
