/** What a person meets first where something is not ready: one message, the next step, no stack trace. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import { environment, ratchetIn, sources } from '../e2e/world/ratchet.ts';
import { makeProject, type Project, pipelineOf } from '../fixtures/project.ts';
import { freePort } from '../servers/free-port.ts';

let project: Project;
beforeAll(async () => {
  project = await makeProject({
    'package.json': '{"type":"module"}',
    'pipelines/demo/pipeline.ts': pipelineOf('demo', { one: '() => 1' }),
  });
});
afterAll(() => project?.remove());

const oneMessage = (stderr: string) => {
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(stderr).not.toMatch(/RATCHET_DEBUG/);
  return stderr.trim();
};

const late = (labelsAfter: string) => `import { definePipeline, featurize, validateData } from 'ratchet-ml';
import { z } from 'zod';
export default definePipeline({
  name: 'late',
  params: z.object({}),
  watch: { source: 'd.csv', timeColumn: 't', target: 'y', labelsAfter: '${labelsAfter}' },
  graph: ({ asOf, run }) => {
    const data = run(validateData, { source: 'd.csv', expectations: [], timeColumn: 't', asOf });
    run(featurize, { data: data.snapshot, time: 't', split: { by: 'time', asOf, train: '90d', holdout: '28d' } });
  },
});
`;
const latePreset = `import { continuousTraining, python } from 'ratchet-ml';
export default continuousTraining({
  name: 'preset', data: 'd.csv', target: 'y', time: 't', trainer: python('train.py'), train: '90d', holdout: '28d',
  rules: { metric: 'roc_auc', minimumEffect: 0 }, watch: { labelsAfter: '28d' },
});
`;

describe('a holdout that no run could fill', () => {
  it('is found by check, with the line, the dates and what to write; in pipelines and presets', async () => {
    await project.write({
      'pipelines/late/pipeline.ts': late('28d'),
      'pipelines/preset/pipeline.ts': latePreset,
      'pipelines/preset/train.py': '',
    });
    const said = await ratchetIn(project.root, {}, 'check', 'late');
    expect(said.code).toBe(3);
    expect(oneMessage(said.stdout)).toMatch(
      /^pipelines\/late\/pipeline\.ts:9 {2}featurize: no row of the holdout would have a label in a run as of .*\n1 to mend\.$/,
    );
    const { problems } = JSON.parse((await ratchetIn(project.root, {}, 'check', 'preset', '--json')).stdout);
    expect(problems).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/as of now none of its rows has a label. Write labelsAfter: '28d'/),
      }),
    ]);
    await project.write({ 'pipelines/late/pipeline.ts': late('27d') });
    expect(await ratchetIn(project.root, {}, 'check', 'late')).toMatchObject({ code: 0 });
  });
});

describe('the command line', () => {
  it.each(['run', 'plan'])('%s without servers says how they are started', async (verb) => {
    const said = await ratchetIn(project.root, {}, verb, 'demo');
    expect(said.code).toBe(1);
    expect(oneMessage(said.stderr)).toMatch(/ratchet dev/);
  });

  it('says wrong use to people, and as one object to machines', async () => {
    const said = await ratchetIn(project.root, {}, 'estimate', '--json');
    expect(said.code).toBe(2);
    expect(said.stderr).toContain('--reference');
    expect(JSON.parse(said.stdout)).toEqual({
      error: { type: 'InvalidInput', message: expect.stringMatching(/^required option '--reference/) },
    });
  });

  it('names the server that does not answer, and its setting', async () => {
    const nobody = `127.0.0.1:${await freePort()}`;
    const servers = {
      TEMPORAL_ADDRESS: nobody,
      MLFLOW_TRACKING_URI: `http://${nobody}`,
      RATCHET_STORE: 's3://ratchet',
      AWS_ENDPOINT_URL_S3: `http://${nobody}`,
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'us-east-1',
    };
    const said = await ratchetIn(project.root, servers, 'run', 'demo');
    expect(said.code).toBe(1);
    expect(oneMessage(said.stderr)).toContain(nobody);
  });
});

// A small file system to fill needs user namespaces, which some containers refuse.
it.skipIf(spawnSync('unshare', ['-rm', 'true']).status !== 0)('a full disk is said before a server is started', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-full-'));
  const dev = `mount -t tmpfs -o size=1m tmpfs ${folder} && ${process.execPath} ${sources}cli/bin.mjs dev`;
  const { status, stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', dev], {
    encoding: 'utf8',
    env: environment(folder),
    timeout: 60_000,
  });
  rmSync(folder, { recursive: true, force: true });
  expect([status, stdout]).toEqual([1, '']);
  expect(oneMessage(stderr)).toMatch(/disk is full: \d\.\d MB are free in .* need 100 MB.*Free some space/);
});

it.each([401, 403])('an MLflow that answers %d is said with its settings', async (status) => {
  const server = createServer((_, answer) => answer.writeHead(status).end('You are not authenticated.'));
  await new Promise<void>((go) => void server.listen(0, '127.0.0.1', go));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const tracking = createTracking({ url });
    await expect(tracking.alias('any', 'champion')).rejects.toMatchObject({
      type: 'OutsideRefused',
      message: expect.stringMatching(/MLFLOW_TRACKING_(USERNAME|TOKEN)/),
    });
  } finally {
    server.close();
  }
});
