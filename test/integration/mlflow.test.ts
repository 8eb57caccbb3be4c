import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTracking, mlflowLogin } from '#adapters/mlflow/tracking.ts';
import { trackingConformance } from '../conformance/tracking.ts';
import { startCuttingProxy } from '../servers/cutting-proxy.ts';
import { freePort } from '../servers/free-port.ts';
import { startGatekeeper } from '../servers/gatekeeper.ts';
import { logModel } from '../servers/logged-model.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';

let server: TestMlflow;
beforeAll(async () => {
  server = await startMlflow();
}, 180_000);
afterAll(() => server.close());

trackingConformance('MLflow', async () => ({
  client: () => createTracking({ url: server.url }),
  log: (run, options) => logModel(server.url, run, options),
}));

describe('an MLflow that is not right', () => {
  const failure = (ask: () => Promise<unknown>) =>
    ask().then(
      () => null,
      (error: unknown) => error,
    );

  it('closes a connection as the next request comes on it: what only reads is asked again, an effect is left to the caller', async () => {
    const proxy = await startCuttingProxy(server.url);
    try {
      const tracking = createTracking({ url: proxy.url });
      const experiment = await tracking.ensureExperiment('cut');
      const closed = (match: RegExp) => proxy.cut({ match, when: 'before', action: async () => {} });
      closed(/^GET .*alias/);
      expect(await tracking.alias('nobody', 'champion')).toBeNull();
      closed(/^POST .*runs\/search/);
      expect(await tracking.runsTagged(experiment, 'a', 'b')).toEqual([]);
      closed(/^POST .*experiments\/create/);
      expect(await failure(() => tracking.ensureExperiment('never made'))).toMatchObject({
        type: 'OutsideUnreachable',
      });
    } finally {
      await proxy.close();
    }
  });

  it('has a creating request that was thought lost long after another one: the run that was agreed upon stays the one', async () => {
    const proxy = await startCuttingProxy(server.url);
    try {
      const tracking = createTracking({ url: proxy.url });
      const experimentId = await tracking.ensureExperiment('late');
      const request = { experimentId, key: 'late', name: 'late' };
      const held = proxy.delay(/^POST .*runs\/create/);
      expect(await failure(() => tracking.ensureRun(request))).toMatchObject({ type: 'OutsideUnreachable' });
      const deliver = await held;
      const { runId } = await tracking.ensureRun(request);
      expect(await deliver()).toBe(200);
      expect(await tracking.runsTagged(experimentId, 'ratchet.key', 'late')).toHaveLength(2);
      for (const each of [tracking, createTracking({ url: server.url })])
        expect((await each.ensureRun(request)).runId).toBe(runId);
    } finally {
      await proxy.close();
    }
  });

  it('says what to set when it refuses the credentials, and uses those that are right', async () => {
    const gatekeeper = await startGatekeeper(server.url, `Basic ${Buffer.from('ann:s3cret').toString('base64')}`);
    const login = (password: string) =>
      mlflowLogin({ MLFLOW_TRACKING_USERNAME: 'ann', MLFLOW_TRACKING_PASSWORD: password });
    const wrong = createTracking({ url: gatekeeper.url, ...login('not-this') });
    const refused = await failure(() => wrong.ensureExperiment('x'));
    expect(refused).toMatchObject({
      type: 'OutsideRefused',
      message: expect.stringMatching(/refuses these credentials.*MLFLOW_TRACKING_USERNAME/),
    });
    expect(inspect(refused, { depth: 10 })).not.toMatch(/not-this|authorization/i);

    const inUrl = createTracking({ url: gatekeeper.url.replace('http://', 'http://ann:s3cret@') });
    for (const right of [createTracking({ url: gatekeeper.url, ...login('s3cret') }), inUrl]) {
      expect(await right.ensureExperiment('behind a gate')).toMatch(/^\d+$/);
      expect(right.url).toBe(gatekeeper.url);
      expect(right.credentials).toEqual({ MLFLOW_TRACKING_USERNAME: 'ann', MLFLOW_TRACKING_PASSWORD: 's3cret' });
    }
    await createTracking({ url: gatekeeper.url, token: 'abc' })
      .run('x')
      .catch(() => undefined);
    expect(gatekeeper.seen.at(-1)).toBe('Bearer abc');
    await gatekeeper.close();
  });

  it('is unreachable when nobody listens, with the address in the message', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await failure(() => createTracking({ url }).ensureExperiment('x'))).toMatchObject({
      type: 'OutsideUnreachable',
      message: expect.stringContaining(`cannot be reached at ${url}`),
    });
  });

  it('is unreachable when it takes the request and says nothing', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const url = `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`;
    const tracking = createTracking({ url, deadline: 200 });
    expect(await failure(() => tracking.ensureExperiment('x'))).toMatchObject({ type: 'OutsideUnreachable' });
    silent.closeAllConnections();
    silent.close();
  });

  it('is no MLflow when it answers with a page', async () => {
    const site = createServer((_, answer) => answer.end('<html>welcome</html>'));
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    const address = site.address();
    const url = `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`;
    expect(await failure(() => createTracking({ url }).ensureExperiment('x'))).toMatchObject({
      type: 'OutsideRefused',
      message: expect.stringContaining('does not answer as MLflow does'),
    });
    site.close();
  });

  it.each(['not a url', 'sqlite:///mlflow.db', 'file:///tmp/mlruns'])('refuses the address %s', (url) => {
    expect(() => createTracking({ url })).toThrow(/MLFLOW_TRACKING_URI/);
  });

  it('works again after it was killed and started anew, with all it had', async () => {
    const tracking = createTracking({ url: server.url });
    const experimentId = await tracking.ensureExperiment('survives');
    const run = await tracking.ensureRun({ experimentId, key: 'survivor', name: 'survivor' });
    await server.server.kill();
    expect(await failure(() => tracking.run(run.runId))).toMatchObject({ type: 'OutsideUnreachable' });
    await server.server.start();
    expect((await tracking.ensureRun({ experimentId, key: 'survivor', name: 'survivor' })).runId).toBe(run.runId);
  });
});
