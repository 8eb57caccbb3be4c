/** MLflow's tracking server and registry, as the stages need them. Every call is safe to repeat. */
import type { ChampionRef } from '#contracts/data.ts';

export interface TrackedRun {
  runId: string;
  experimentId: string;
  artifactUri: string;
  status: 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
  tags: Record<string, string>;
  params: Record<string, string>;
  /** Last value of each. Values that are not finite come as NaN, Infinity. */
  metrics: Record<string, number>;
}
export interface LoggedModel {
  /** `models:/m-…` (MLflow 3) or `runs:/<run>/<path>`. */
  uri: string;
  /** `sha256:` + SHA-256 over its sorted (path, SHA-256 of bytes) pairs. */
  digest: string;
}
export interface RegisteredVersion {
  model: string;
  version: string;
  runId: string;
  source: string;
  tags: Record<string, string>;
}

export interface Tracking {
  /** Where trainers and browsers find the server. */
  readonly url: string;
  ensureExperiment(name: string): Promise<string>;
  /** The run tagged `key`, created when there is none; two at once agree on the oldest. */
  ensureRun(request: { experimentId: string; key: string; name: string; parent?: string; tags?: Record<string, string> }): Promise<TrackedRun>;
  run(runId: string): Promise<TrackedRun>;
  /** One call; metrics by (key, step, timestamp) so that a repeat adds nothing. */
  log(runId: string, batch: { metrics?: Record<string, number>; step?: number; timestamp: number; params?: Record<string, string>; tags?: Record<string, string> }): Promise<void>;
  logInputs(runId: string, datasets: { name: string; digest: string; uri: string; context: string }[]): Promise<void>;
  finish(runId: string, status: 'FINISHED' | 'FAILED' | 'KILLED'): Promise<void>;
  /** Models that the run (or its children) logged, newest last. */
  models(runId: string): Promise<LoggedModel[]>;
  /** Copies a model's files into a folder: what predict.py loads. */
  downloadModel(uri: string, folder: string, signal?: AbortSignal): Promise<void>;
  uploadArtifact(runId: string, path: string, body: Uint8Array | string): Promise<void>;
  /** Page of a run, or of a model version, in MLflow's UI. */
  page(target: { runId: string; experimentId: string } | { model: string; version?: string }): string;

  // registry
  versions(model: string): Promise<RegisteredVersion[]>;
  /** Creates the registered model when missing. */
  createVersion(request: { model: string; source: string; runId: string; description: string; tags: Record<string, string> }): Promise<RegisteredVersion>;
  deleteVersion(model: string, version: string): Promise<void>;
  /** By get-by-alias: a search returns aliases empty. Null when nothing holds it. */
  alias(model: string, alias: string): Promise<RegisteredVersion | null>;
  /** null removes it. */
  setAlias(model: string, alias: string, version: string | null): Promise<void>;
  champion(model: string): Promise<ChampionRef | null>;
}
