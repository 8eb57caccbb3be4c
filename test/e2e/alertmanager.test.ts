/** A real Alertmanager posts to the gateway: told again and again, an alert is one event, and one run. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayWorld, startGatewayWorld } from '../servers/gateway-world.ts';
import { startAlertmanager } from './world/alertmanager.ts';
import { until } from './world/ratchet.ts';

let world: GatewayWorld;
let token: string;
beforeAll(async () => {
  world = await startGatewayWorld({});
  token = world.gateway.token('*:trigger');
});
afterAll(() => world?.close());

const triggers = { kind: 'performance', metric: 'roc_auc', below: 0.65, windows: 1 } as const;
const taken = (pipeline: string) =>
  world.gateway.log('audit').filter((line) => line.pipeline === pipeline && line.status === 202).length;

test.each([
  ['a bearer token', 'by-alert', () => ({ authorization: { credentials: token } })],
  ['basic authentication', 'by-alert-basic', () => ({ basic_auth: { username: 'alertmanager', password: token } })],
])('with %s', async (_, pipeline, credentials) => {
  await world.deploy(pipeline, { triggers });
  const webhook = `${world.gateway.url}/v1/pipelines/${pipeline}/webhooks/alertmanager`;
  const alertmanager = await startAlertmanager(webhook, credentials());
  try {
    await alertmanager.fire(
      { alertname: 'ModelDrift', model: pipeline, severity: 'critical' },
      { summary: 'AUC fell', ratchet_metric: 'roc_auc', ratchet_value: '0.61' },
    );
    await world.afterRun(pipeline);
    // It goes on telling while the alert goes on.
    await until(async () => taken(pipeline) >= 3);
    const { decisions } = await world.loops.status(pipeline);
    const runs = decisions.filter(({ outcome }) => outcome === 'run');
    expect(runs).toHaveLength(1);
    expect(runs[0]?.reasons).toMatchObject([
      { kind: 'performance', source: 'alertmanager', figures: { roc_auc: 0.61 } },
    ]);
  } finally {
    await alertmanager.close();
  }
});

test('with a wrong password it is refused, and nothing starts', async () => {
  await world.deploy('by-nobody', { triggers });
  const webhook = `${world.gateway.url}/v1/pipelines/by-nobody/webhooks/alertmanager`;
  const alertmanager = await startAlertmanager(webhook, {
    basic_auth: { username: 'alertmanager', password: 'wrong' },
  });
  try {
    await alertmanager.fire({ alertname: 'ModelDrift' }, { ratchet_metric: 'roc_auc', ratchet_value: '0.1' });
    await until(async () => world.gateway.log('refused').some((line) => line.status === 401));
    expect((await world.loops.status('by-nobody')).taken).toBe(0);
    expect(world.gateway.written()).not.toContain('wrong');
  } finally {
    await alertmanager.close();
  }
});
