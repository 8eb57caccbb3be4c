/** MLflow's tracking server and registry, as the stages need them. Every call is safe to repeat. */
import type { ChampionRef } from '#contracts/data.ts';

type TrackedStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

export interface TrackedRun {
  runId: string;
  experimentId: string;
  name: string;
  artifactUri: string;
  status: TrackedStatus;
  tags: Record<string, string>;
  params: Record<string, string>;
  /** Last value of each. Values that are not finite come as NaN, Infinity. */
  metrics: Record<string, number>;
  /** Step of each last value. */
  steps: Record<string, number>;
}

/** A model that a run logged. Its digest is asked for apart: it costs reading every byte. */
export interface LoggedModel {
  /** `models:/m-…` (MLflow 3) or `runs:/<run>/<path>` (as MLflow 2 clients log). */
  uri: string;
  /** The run that logged it: the one asked for, or a child of it. */
  runId: string;
  name: string;
}

/** What a model's own description, `MLmodel`, says. */
interface ModelCard {
  flavors: string[];
  signature: boolean;
  inputExample: boolean;
}

export interface RegisteredVersion {
  model: string;
  version: string;
  runId: string;
  /** MLflow model URI of the files. */
  source: string;
  tags: Record<string, string>;
}

/** The same with what only some callers ask for. */
export interface DescribedVersion extends RegisteredVersion {
  /** `None` where the server has no stages any more. */
  stage: string;
  /** Milliseconds. */
  created: number;
  description: string;
}

/** The stages that MLflow has had since its registry began; a server may have none of them any more. */
export type ModelStage = 'None' | 'Staging' | 'Production' | 'Archived';

export interface RegisteredModel {
  name: string;
  description: string;
  /** Alias → version. */
  aliases: Record<string, string>;
  /** Milliseconds: of the last registration, description or move into a stage. */
  updated: number;
}

/** What versions of a model are asked for. */
export type VersionFilter = { readonly tag: string; readonly is: string } | { readonly source: string };

export interface Tracking {
  /** Where trainers and browsers find the server; never holds credentials. */
  readonly url: string;
  /**
   * Variables that a trainer needs to log in there (MLFLOW_TRACKING_USERNAME …); empty without credentials.
   * Secrets: for a process's environment only.
   */
  readonly credentials: Readonly<Record<string, string>>;
  /** The experiment's id; made when missing, brought back when it was deleted. */
  ensureExperiment(name: string): Promise<string>;
  /**
   * The run tagged `ratchet.key` = `key`, made when there is none. Two at once agree on the oldest, which is tagged
   * `ratchet.agreed` then, and stays the one whatever arrives later; a caller that made a younger one removes its own
   * again, never another's.
   */
  ensureRun(request: {
    experimentId: string;
    key: string;
    name: string;
    parent?: string;
    tags?: Record<string, string>;
  }): Promise<TrackedRun>;
  run(runId: string): Promise<TrackedRun>;
  /** Runs of an experiment whose tag has this value, oldest first. */
  runsTagged(experimentId: string, tag: string, is: string): Promise<TrackedRun[]>;
  /** One request for up to 800 metrics; metrics by (key, step, timestamp), so that a repeat adds nothing. */
  log(
    runId: string,
    batch: {
      metrics?: Record<string, number>;
      step?: number;
      /** Milliseconds; the same in every repeat. */
      timestamp: number;
      params?: Record<string, string>;
      tags?: Record<string, string>;
    },
  ): Promise<void>;
  logInputs(runId: string, datasets: { name: string; digest: string; uri: string; context: string }[]): Promise<void>;
  /** Every value that was logged under a key, in the order of its steps. */
  metricHistory(runId: string, key: string): Promise<{ step: number; value: number; timestamp: number }[]>;
  /** Ends the run with this status; a run that has it already is left as it is. */
  finish(runId: string, status: 'FINISHED' | 'FAILED' | 'KILLED'): Promise<void>;
  /** Makes a run that has ended one that goes on; one that goes on is left as it is. */
  reopen(runId: string): Promise<void>;
  /** Models that the run or its children logged completely, newest last. */
  models(runId: string): Promise<LoggedModel[]>;
  /** `sha256:` + SHA-256 over the sorted (path, SHA-256 of bytes) pairs of the model's files; streams them. */
  modelDigest(uri: string, signal?: AbortSignal): Promise<string>;
  /** The same figure for a copy on this machine. Null when there is no such folder. */
  folderDigest(folder: string, signal?: AbortSignal): Promise<string | null>;
  modelCard(uri: string): Promise<ModelCard>;
  /**
   * Copies a model's files into a folder: what predict.py loads. Whole or not at all.
   * @param model its `digest` as {@link modelDigest} gave it once; null takes whatever is there
   * @throws ArtifactDamaged when the files are gone, or are not those that the digest was made of
   */
  downloadModel(
    model: { readonly uri: string; readonly digest: string | null },
    folder: string,
    signal?: AbortSignal,
  ): Promise<void>;
  uploadArtifact(runId: string, path: string, body: Uint8Array | string): Promise<void>;
  /** The same of a file of any size. @throws UserError OutsideRefused where the server takes small ones only */
  uploadFile(runId: string, path: string, file: string, signal?: AbortSignal): Promise<void>;
  /** Page of a run, or of a model version, in MLflow's UI. */
  page(target: { runId: string; experimentId: string } | { model: string; version?: string }): string;

  // registry
  /** By name; without MLflow's prompts, which it keeps as models. @param only this one, if there is one */
  registeredModels(only?: string): Promise<RegisteredModel[]>;
  /** Null when there is no such version, or no such model. */
  version(model: string, version: string): Promise<DescribedVersion | null>;
  /**
   * Oldest first; none when there is no such model. All of them only where nothing less will do: a model may have thousands.
   * @param only those with this tag, or those of this model of a run
   */
  versions(model: string, only?: VersionFilter): Promise<RegisteredVersion[]>;
  /** The newest so many, oldest first. */
  newestVersions(model: string, most: number): Promise<DescribedVersion[]>;
  /** Of all models, by name and number; read page by page. */
  everyVersion(): AsyncIterable<RegisteredVersion>;
  /** Makes the registered model when missing, and describes it then with `about`. The tags travel in the same request as the version. */
  createVersion(request: {
    model: string;
    source: string;
    runId: string;
    description: string;
    about?: string;
    tags: Record<string, string>;
  }): Promise<RegisteredVersion>;
  /** Adds to what a version says of itself. */
  describeVersion(request: {
    model: string;
    version: string;
    description?: string;
    tags: Record<string, string>;
  }): Promise<void>;
  deleteVersion(model: string, version: string): Promise<void>;
  /** By get-by-alias: a search returns aliases empty. Null when nothing holds it. */
  alias(model: string, alias: string): Promise<RegisteredVersion | null>;
  /** null removes it. */
  setAlias(model: string, alias: string, version: string | null): Promise<void>;
  /**
   * Moves a version into a stage. `alone`: those that were in it go to Archived, in the same request (`archive_existing_versions`).
   * @returns `gone`: there is no such version; `none`: the server has no stages
   */
  setStage(request: {
    model: string;
    version: string;
    stage: ModelStage;
    alone: boolean;
  }): Promise<'set' | 'gone' | 'none'>;
  /** What of the version that holds the alias is kept in plans. */
  champion(model: string): Promise<ChampionRef | null>;
  /** The same of a version that is known already. Only one without a digest of its own costs a request. */
  championOf(version: RegisteredVersion): Promise<ChampionRef>;
}
