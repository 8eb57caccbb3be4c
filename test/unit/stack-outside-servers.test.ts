import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { connectionSettings } from '#stack/connection-settings.ts';
import { outsideServers } from '#stack/outside-servers.ts';
import { outsideProbes } from '#stack/reach-outside.ts';

const keys = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };

describe("the user's own servers", () => {
  it('are none when nothing names one', () => {
    expect(outsideServers({ TEMPORAL_NAMESPACE: 'team', AWS_ENDPOINT_URL: 'http://localhost:4566', ...keys })).toEqual(
      {},
    );
  });

  it('never show the login that an address carries', () => {
    const uri = (scheme: string) => ({ MLFLOW_TRACKING_URI: `${scheme}://anna:hidden@mlflow.example/x` });
    expect(() => outsideServers(uri('postgresql'))).toThrow(/is "postgresql:\/\/mlflow\.example\/x"/);
    const outside = outsideServers(uri('https'));
    expect(outside.mlflow?.url).toContain('anna:hidden@');
    expect(outsideProbes(outside).map(({ address }) => address)).toEqual(['https://mlflow.example/x']);
  });

  it('are read from the variables their own clients read', () => {
    const env = {
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_NAMESPACE: 'team',
      MLFLOW_TRACKING_URI: 'https://mlflow.example/',
      RATCHET_STORE: 's3://models/team/a/',
      AWS_ENDPOINT_URL_S3: 'http://s3.example:9000/',
      AWS_REGION: 'eu-central-1',
      ...keys,
    };
    expect(outsideServers(env)).toEqual({
      temporal: { address: 'temporal.example:7233', namespace: 'team' },
      mlflow: { url: 'https://mlflow.example' },
      store: {
        endpoint: 'http://s3.example:9000',
        region: 'eu-central-1',
        bucket: 'models',
        prefix: 'team/a',
        accessKeyId: 'key',
        secretAccessKey: 'secret',
      },
    });
  });

  it("need no endpoint for Amazon's own store", () => {
    expect(outsideServers({ RATCHET_STORE: 's3://models', ...keys }).store).toEqual({
      region: 'us-east-1',
      bucket: 'models',
      prefix: '',
      accessKeyId: 'key',
      secretAccessKey: 'secret',
    });
  });

  it.each([
    [{ MLFLOW_TRACKING_URI: 'sqlite:///mlflow.db' }, /MLFLOW_TRACKING_URI is "sqlite:.*http:/],
    [{ RATCHET_STORE: 'models/team', ...keys }, /RATCHET_STORE is "models\/team": give it as s3:/],
    [{ RATCHET_STORE: 's3://models' }, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set/],
    [{ AWS_ENDPOINT_URL_S3: 'localhost:9000', ...keys }, /AWS_ENDPOINT_URL_S3/],
    [{ TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' }, /Temporal's settings cannot be used/],
  ])('that cannot be used are refused in words: %j', (env, message) => {
    expect(() => outsideServers(env)).toThrow(message);
  });
});

describe('connection settings', () => {
  const root = mkdtempSync(join(tmpdir(), 'ratchet-settings-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('say what to do where nothing was started', () => {
    expect(() => connectionSettings(root, {})).toThrow(/Temporal, MLflow, the object store: no address.*ratchet dev/);
  });

  it('name only what is missing', () => {
    const env = { TEMPORAL_ADDRESS: 'temporal.example:7233', MLFLOW_TRACKING_URI: 'http://mlflow.example' };
    expect(() => connectionSettings(root, env)).toThrow(/^the object store: no address/);
  });

  it('need no stack file when every server is outside', () => {
    const env = {
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      MLFLOW_TRACKING_URI: 'http://mlflow.example',
      RATCHET_STORE: 's3://models',
      ...keys,
    };
    expect(connectionSettings(root, env).temporal).toEqual({ address: 'temporal.example:7233', namespace: 'default' });
  });
});
