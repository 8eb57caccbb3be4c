/**
 * One of several processes that tell a pipeline's loop of the same three events, by signal, through the gateway and as a
 * webhook. Prints the ids that were acknowledged to it, one JSON list.
 */
import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { connectTemporal } from '#adapters/temporal/connection.ts';
import { pipelineLoop } from '#pipelines/client.ts';

export interface SenderTask {
  address: string;
  gateway: string;
  token: string;
  secret: string;
  pipeline: string;
  deliveries: number;
  at: string;
  /** The body of a push, as it is signed. */
  push: string;
}

const task = JSON.parse(process.argv[2] ?? '{}') as SenderTask;
const { address, gateway, token, secret, pipeline, at } = task;
const temporal = await connectTemporal({ address, namespace: 'default', env: {} });
const loop = pipelineLoop(temporal.client, pipeline);

const data = { id: 'burst/data', at, rows: 50_000 };
const metric = { id: 'burst/metric', at, metric: 'roc_auc', value: 0.61 };
const told = (id: string) => async () => id;

/** Sends again what was not acknowledged, as any sender must. */
async function post(path: string, body: string, headers: Record<string, string>): Promise<string[]> {
  for (;;) {
    const response = await fetch(`${gateway}/v1/pipelines/${pipeline}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    const answer = (await response.json()) as { acknowledged?: string[]; detail?: string };
    if (response.ok) return answer.acknowledged ?? [];
    if (response.status !== 429 && response.status !== 503) throw new Error(`${response.status}: ${answer.detail}`);
    await pause(1_000 * Number(response.headers.get('retry-after') ?? 1));
  }
}

const bearer = { authorization: `Bearer ${token}` };
const signature = `sha256=${createHmac('sha256', secret).update(task.push).digest('hex')}`;
const ways: (() => Promise<string | string[]>)[] = [
  () => loop.tell('dataArrived', data).then(told(data.id)),
  () => loop.tell('metricObserved', metric).then(told(metric.id)),
  () => post('triggers', JSON.stringify({ kind: 'dataArrived', ...data }), bearer),
  () => post('triggers', JSON.stringify({ kind: 'metricObserved', ...metric }), bearer),
  () => post('webhooks/github', task.push, { 'x-github-event': 'push', 'x-hub-signature-256': signature }),
];
const acknowledged: string[] = [];
const waiting = Array.from({ length: task.deliveries }, (_, n) => ways[n % ways.length] ?? told('none'));
await Promise.all(
  Array.from({ length: 8 }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) acknowledged.push(...[await next()].flat());
  }),
);
await temporal.close();
process.stdout.write(JSON.stringify(acknowledged));
