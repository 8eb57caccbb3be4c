/** What a job is given, without starting one. */
import { describe, expect, it } from 'vitest';
import { declaredEnvironment, inheritedEnvironment } from '#adapters/process/job/environment.ts';
import { jobFolder } from '#adapters/process/job/folder.ts';

const paths = jobFolder('/jobs', 'train-1');
const resumed = false;
const tracking = { trackingUri: 'http://127.0.0.1:5001', experimentId: '7', runId: 'r1' };

describe('what a job inherits', () => {
  it('is the allow-list: no credential of the worker passes', () => {
    const worker = {
      PATH: '/usr/bin',
      HOME: '/home/w',
      LC_ALL: 'C.UTF-8',
      SSL_CERT_FILE: '/ca.pem',
      CUDA_VISIBLE_DEVICES: '0',
      AWS_SECRET_ACCESS_KEY: 'x',
      TEMPORAL_API_KEY: 'x',
      MLFLOW_TRACKING_PASSWORD: 'x',
      DATABASE_URL: 'x',
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONPATH: '/elsewhere',
      LD_PRELOAD: '/evil.so',
    };
    expect(inheritedEnvironment(worker, {})).toEqual({
      OMP_WAIT_POLICY: 'PASSIVE',
      PATH: '/usr/bin',
      HOME: '/home/w',
      LC_ALL: 'C.UTF-8',
      SSL_CERT_FILE: '/ca.pem',
      CUDA_VISIBLE_DEVICES: '0',
    });
  });

  it('puts the step’s Python first on PATH, and adds its secrets', () => {
    const environment = inheritedEnvironment({ PATH: '/usr/bin' }, { path: ['/env/bin'], secrets: { TOKEN: 't' } });
    expect(environment).toEqual({ PATH: '/env/bin:/usr/bin', TOKEN: 't', OMP_WAIT_POLICY: 'PASSIVE' });
  });

  it('lets threads sleep while they wait, unless the worker says otherwise', () => {
    expect(inheritedEnvironment({ OMP_WAIT_POLICY: 'ACTIVE' }, {}).OMP_WAIT_POLICY).toBe('ACTIVE');
  });

  it('has a PATH even when the worker has none', () => {
    expect(inheritedEnvironment({}, {}).PATH).toBe('/usr/local/bin:/usr/bin:/bin');
  });
});

describe('what is declared for a job', () => {
  it('is the contract, twice where MLflow itself removes it', () => {
    expect(declaredEnvironment({ tracking, resumed }, paths, '/site')).toEqual({
      RATCHET_JOB: '/jobs/train-1/job.json',
      RATCHET_CHECKPOINTS: '/jobs/train-1/checkpoints',
      PYTHONPATH: '/site',
      PYTHONUNBUFFERED: '1',
      MLFLOW_TRACKING_URI: 'http://127.0.0.1:5001',
      MLFLOW_EXPERIMENT_ID: '7',
      MLFLOW_RUN_ID: 'r1',
      RATCHET_TRACKING_URI: 'http://127.0.0.1:5001',
      RATCHET_EXPERIMENT_ID: '7',
      RATCHET_RUN_ID: 'r1',
      MLFLOW_DISABLE_TELEMETRY: 'true',
      MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: 'false',
    });
  });

  it('says RATCHET_RESUMED only on a resume', () => {
    expect(declaredEnvironment({ tracking, resumed: true }, paths, '/site').RATCHET_RESUMED).toBe('1');
    expect(declaredEnvironment({ tracking, resumed }, paths, '/site').RATCHET_RESUMED).toBeUndefined();
  });

  it('lets a step add variables, but not take over the contract', () => {
    const env = {
      PYTHONPATH: '/own',
      RATCHET_JOB: '/other.json',
      MLFLOW_TRACKING_URI: 'http://elsewhere',
      MODE: 'fast',
    };
    expect(declaredEnvironment({ env, tracking, resumed }, paths, '/site')).toMatchObject({
      MODE: 'fast',
      PYTHONPATH: '/site:/own',
      RATCHET_JOB: '/jobs/train-1/job.json',
      MLFLOW_TRACKING_URI: 'http://127.0.0.1:5001',
    });
  });

  it('refuses an address with a password in it, without repeating it', () => {
    const leaky = { ...tracking, trackingUri: 'https://me:hunter2@mlflow.example' };
    const declare = () => declaredEnvironment({ tracking: leaky, resumed }, paths, '/site');
    expect(declare).toThrow(/MLFLOW_TRACKING_USERNAME/);
    expect(declare).not.toThrow(/hunter2/);
  });
});

describe('a job’s folder', () => {
  it.each(['', '.', '..', '../x', 'a/b', 'a\0b', '-rf', 'x'.repeat(129), 'ä'])('refuses the id %j', (id) => {
    expect(() => jobFolder('/jobs', id)).toThrow(/job id/);
  });
  it('takes an ordinary id', () => {
    expect(jobFolder('/jobs', 'run_flight-delays_2026.11-train').folder).toBe('/jobs/run_flight-delays_2026.11-train');
  });
});
