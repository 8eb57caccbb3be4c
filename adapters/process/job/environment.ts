/** The environment that a job is given. Pure. */
import { delimiter, join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { type JobSpec, JUNIT_REPORT } from '#ports/executor.ts';
import type { StagedProgram } from '#ports/staging.ts';
import type { JobFolder } from './folder.ts';

/**
 * What passes from the worker's environment to a job. All else stays out: a worker holds credentials (Temporal, the
 * object store, the gateway) that a trainer must not see unless its step declares them.
 */
const allowed = new Set(
  [
    'PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR TEMP TMP XDG_CACHE_HOME PYTHONPYCACHEPREFIX',
    'SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE',
    'HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy',
    'CUDA_VISIBLE_DEVICES NVIDIA_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES LD_LIBRARY_PATH DYLD_LIBRARY_PATH',
    'OMP_NUM_THREADS OMP_WAIT_POLICY OPENBLAS_NUM_THREADS MKL_NUM_THREADS',
  ]
    .join(' ')
    .split(' '),
);

type Variables = Record<string, string>;

/** The part of the environment that is inherited through the shim and never written down: the allow-list and the secrets. */
export function inheritedEnvironment(
  parent: NodeJS.ProcessEnv,
  spec: Pick<JobSpec, 'secrets'> & Partial<Pick<StagedProgram, 'path'>>,
): Variables {
  const kept = Object.entries(parent).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (allowed.has(entry[0]) || entry[0].startsWith('LC_')),
  );
  // Threads that spin while they wait make a trainer many times slower on a machine that it shares.
  const environment: Variables = { OMP_WAIT_POLICY: 'PASSIVE', ...Object.fromEntries(kept) };
  environment.PATH = [...(spec.path ?? []), parent.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(delimiter);
  return { ...environment, ...spec.secrets };
}

/**
 * The declared part, as it stands in spec.json: the step's own variables, then the contract's, which win.
 *
 * @param site folder that holds sitecustomize.py
 * @throws UserError InvalidInput when the tracking URI carries a password.
 */
export function declaredEnvironment(
  spec: Pick<JobSpec, 'env' | 'tracking' | 'resumed'> & Partial<Pick<JobSpec, 'program'>>,
  paths: JobFolder,
  site: string,
): Variables {
  const { tracking } = spec;
  const own: Variables = { ...spec.env };
  const environment: Variables = {
    ...own,
    RATCHET_JOB: paths.job,
    RATCHET_CHECKPOINTS: paths.checkpoints,
    PYTHONPATH: own.PYTHONPATH ? `${site}${delimiter}${own.PYTHONPATH}` : site,
    // Lines reach the log when they are printed, not when a buffer is full.
    PYTHONUNBUFFERED: own.PYTHONUNBUFFERED ?? '1',
    ...(spec.program?.report === 'junit' ? testEnvironment(paths, own) : {}),
  };
  if (!tracking) return environment;
  if (/^[a-z]+:\/\/[^/]*@/i.test(tracking.trackingUri)) {
    throw new UserError(
      'InvalidInput',
      'The MLflow address carries a user name or password, which would be written to disk. Give them as MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.',
    );
  }
  return {
    ...environment,
    MLFLOW_TRACKING_URI: tracking.trackingUri,
    MLFLOW_EXPERIMENT_ID: tracking.experimentId,
    // The same again for sitecustomize.py: a script may change the MLFLOW_ ones, and MLflow itself removes the run's id.
    RATCHET_TRACKING_URI: tracking.trackingUri,
    RATCHET_EXPERIMENT_ID: tracking.experimentId,
    ...(tracking.runId === undefined ? {} : { MLFLOW_RUN_ID: tracking.runId, RATCHET_RUN_ID: tracking.runId }),
    ...(tracking.patienceSeconds === undefined ? {} : { RATCHET_PATIENCE_SECONDS: String(tracking.patienceSeconds) }),
    ...(spec.resumed ? { RATCHET_RESUMED: '1' } : {}),
    MLFLOW_DISABLE_TELEMETRY: own.MLFLOW_DISABLE_TELEMETRY ?? 'true',
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: own.MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR ?? 'false',
  };
}

/** Where tests are to report; pytest is told in its own way, so that its command needs no option for it. */
function testEnvironment({ output }: JobFolder, own: Variables): Variables {
  const report = join(output, JUNIT_REPORT);
  const option = `--junitxml='${report.replaceAll("'", `'"'"'`)}'`;
  return { RATCHET_JUNIT: report, PYTEST_ADDOPTS: [own.PYTEST_ADDOPTS, option].filter(Boolean).join(' ') };
}
