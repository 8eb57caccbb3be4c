/** Every name that two processes must agree on: identifiers, task queues, search attributes, keys in the store. */

/** Workflow types that are Ratchet's own: no pipeline may be called so. */
export const reservedWorkflowTypes = [
  'loop',
  'model',
  'watch',
  'fire',
  'rollout',
  'sweep',
  'chunk',
  'materialize',
] as const;

export const workflowId = {
  run: (pipeline: string, trigger: string) => `run/${pipeline}/${trigger}`,
  retry: (runId: string, attempt: number) => `${runId.replace(/\/r\d+$/, '')}/r${attempt}`,
  model: (model: string) => `model/${model}`,
  loop: (pipeline: string) => `loop/${pipeline}`,
  /** Schedules have ids of their own kind; the workflows that they start get a time after it. */
  watch: (pipeline: string) => `watch/${pipeline}`,
  /** @param detail as the condition `schedule` names it: another line of the calendar is another schedule, wherever it stands. */
  fire: (pipeline: string, detail: string) => `fire/${pipeline}/${detail.replaceAll(' ', '_')}`,
  /** Of one view into an online store: names of projects may hold slashes. */
  materialize: (project: string, view: string) => `materialize/${encodeURIComponent(project)}/${view}`,
  /** Held by whoever deploys. */
  deploy: 'deploy',
};

/** Beginnings of the ids of evidence that Ratchet itself gives: of firings of the calendar, of what the watch found, of runs upstream. */
export const reservedId = /^(schedule|watch|upstream)\//;

/** Task queues, all behind the environment's prefix (see {@link environmentPrefix}). */
export const taskQueue = {
  control: (environment: string) => `${environmentPrefix(environment)}ratchet`,
  /** @param set of the stages' versions that its workers have; asked where those of the control queue have others. */
  stages: (environment: string, set: string) => `${environmentPrefix(environment)}ratchet-stages-${set}`,
  /** Jobs that are bound to one machine (a detached trainer) come back to that machine's queue. */
  host: (environment: string, host: string) => `${environmentPrefix(environment)}ratchet-host-${host}`,
};

/** Of the control queue with this name; null where there is none that is called so. */
export function environmentOfQueue(queue: string): string | null {
  const environment = queue.endsWith('-ratchet') ? queue.slice(0, -'-ratchet'.length) : 'dev';
  return environment !== '' && taskQueue.control(environment) === queue ? environment : null;
}

/** `dev` has no prefix; every other environment puts its name before queues, models and keys. */
export function environmentPrefix(environment: string): string {
  return environment === 'dev' ? '' : `${environment}-`;
}

export const searchAttributes = {
  RatchetPipeline: 'Keyword',
  RatchetTrigger: 'Keyword',
  RatchetStage: 'Keyword',
  RatchetVerdict: 'Keyword',
  RatchetModelVersion: 'Keyword',
  RatchetDataDigest: 'Keyword',
  /** Of a loop: idle, collecting, running, cooling, paused, broken. */
  RatchetState: 'Keyword',
} as const;

/** Tags of a registered version: the effect that made it, its model's digest, the time and rows that it was made for and of, who took the alias from it. */
export const versionTag = {
  key: 'ratchet.key',
  pipeline: 'ratchet.pipeline',
  digest: 'ratchet.digest',
  asOf: 'ratchet.asOf',
  training: 'ratchet.training',
  champion: 'ratchet.champion',
  demoted: 'ratchet.demoted',
  /** `NAME@sha256:…`: what serves its features; and the digest of the definitions, as the store keeps them. */
  featureService: 'ratchet.feature_service',
  featureDefinitions: 'ratchet.feature_definitions',
} as const;

/** `candidate` and `staging` are the newest version that is registered and waits. */
export const alias = {
  ...{ champion: 'champion', previous: 'previous' },
  ...{ candidate: 'candidate', staging: 'staging' },
} as const;

/** Tag of a version with the evidence of its last move into a stage: JSON of { at, by, reason }. */
export const stageTag = (stage: string): string => `ratchet.stage.${stage.toLowerCase()}`;

/** Keys in the object store, relative to the environment's prefix. `files/md5` is DVC 3's own layout. */
export const storeKey = {
  file: (md5: string) => `files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`,
  /** JSON Schema of a pipeline's params, as of its newest code. */
  paramsSchema: (pipeline: string) => `schemas/${pipeline}.json`,
  code: (sha256: string) => `code/${sha256}`,
  cache: (key: string) => `cache/${key.slice(0, 2)}/${key}`,
  input: (sha256: string) => `inputs/${sha256.slice(0, 2)}/${sha256}.json`,
  /** Run ids hold slashes; they stay folders so that a run's retries lie beside it. */
  record: (runId: string) => `records/${runId}.json`,
  /** A page of a loop's decisions, by the number of its first one: pages sort by time. */
  decisions: (pipeline: string, first: number) => `decisions/${pipeline}/${String(first).padStart(9, '0')}.json`,
  /** Where the drift profile of the rows with this MD5 lies. */
  profile: (md5: string) => `profiles/${md5}.json`,
  /** What the watch measured of a pipeline's drift; keys sort by the time of the data. */
  drift: (pipeline: string, at: string, sha256: string) =>
    `drift/${pipeline}/${at.replace(/[^0-9TZ]/g, '')}-${sha256.slice(0, 20)}.json`,
  /** What the watch measured of the skew of a pipeline's service; keys sort by the time of the look. */
  skew: (pipeline: string, at: string, sha256: string) =>
    `skew/${pipeline}/${at.replace(/[^0-9TZ]/g, '')}-${sha256.slice(0, 20)}.json`,
  /** All files that the watch of a pipeline has counted, where the loop's cursor does not name them all; gzip. */
  watched: (pipeline: string, sha256: string) => `watched/${pipeline}/${sha256 && `${sha256}.json.gz`}`,
  /** One move of a model's champion; keys sort by its time. A ledger that starts anew counts from 1 again, so that the bytes are in the name. */
  move: (model: string, at: string, epoch: number, sha256: string) =>
    `moves/${encodeURIComponent(model)}/${at.replace(/[^0-9TZ]/g, '')}-${String(epoch).padStart(6, '0')}-${sha256.slice(0, 20)}.json`,
  /** Of the audit packs of a version; its files lie by their digest below `files/`. */
  pack: (model: string, version: string, name: string) =>
    `audit/${encodeURIComponent(model)}/${encodeURIComponent(version)}/${name}`,
  /** What the pipeline was deployed with last. Written over by `ratchet deploy`. */
  policy: (pipeline: string) => `loops/${pipeline}.json`,
  /** Says that the project deployed the pipeline: only its own deploys take that down. */
  owner: (project: string, pipeline: string) => `deployed/${encodeURIComponent(project)}/${pipeline}`,
  /** Definitions of features, by the digest of their canonical JSON. */
  featureDefinitions: (sha256: string) => `features/definitions/${sha256}.json`,
  /** Which definitions a project has applied. Written over. */
  featuresApplied: (project: string) => `features/applied/${encodeURIComponent(project)}.json`,
  /** Says that Ratchet put the file with this MD5 into the store: what `dvc push` brought is nobody's to collect. */
  made: (md5: string) => `made/${md5.slice(0, 2)}/${md5.slice(2)}`,
  /** Where an object lies that nothing referred to when it was collected; a reader takes it back from there. */
  trash: (key: string) => `trash/${key}`,
  /** Says that runs of this namespace of Temporal refer to the store's objects. */
  user: (cluster: string, namespace: string) =>
    `users/${encodeURIComponent(cluster)}/${encodeURIComponent(namespace)}.json`,
  evidence: (sha256: string, extension: string) => `evidence/${sha256.slice(0, 2)}/${sha256}.${extension}`,
};
