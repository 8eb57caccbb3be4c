import { mkdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { searchAttributes } from '#contracts/names.ts';
import { runTool } from '../run-tool.ts';
import { loopback, type Part, type PartContext, portOf, withoutSettings } from './part.ts';

/** The server's default, 24 hours, would forget a run before the Monday after. */
const retention = `${30 * 24 * 3600}s`;

/**
 * The development server always opens its HTTP API, and takes from any web page what a program may send. It answers to this
 * name alone: no page can be at it, as it never resolves, nor can a page send it, as browsers write that header themselves.
 * Nexus on the same port, the metrics and the Web UI answer to any name: their ports are closed to pages, and a door is before the UI.
 */
const ownName = 'stack.ratchet.invalid';

/** Temporal's development server with its Web UI, on SQLite. */
export const temporal: Part = {
  name: 'temporal',
  version: '1.32.0',
  ports: [
    { name: 'grpc', setting: 'RATCHET_TEMPORAL_PORT', usual: 7233 },
    { name: 'ui', setting: 'RATCHET_TEMPORAL_UI_PORT', usual: 8233, door: 'ui-behind' },
    { name: 'ui-behind', closedToPages: true },
    { name: 'http', closedToPages: true },
    { name: 'metrics', closedToPages: true },
  ],
  startSeconds: 60,
  prepare: async ({ data }) => {
    await mkdir(data, { recursive: true });
  },
  command: (context) => ({
    file: join(context.bin, 'temporal'),
    env: withoutSettings(context.variables, /^TEMPORAL_/),
    cwd: context.data,
    args: [
      ...['server', 'start-dev', '--ip', loopback, '--ui-disable-news-fetch', '--log-level', 'warn'],
      ...['--port', String(portOf(context, 'grpc')), '--ui-port', String(portOf(context, 'ui-behind'))],
      ...['--http-port', String(portOf(context, 'http')), '--metrics-port', String(portOf(context, 'metrics'))],
      ...['--db-filename', 'temporal.db'],
      // With the default journal 100 parallel activities take 8.5 s instead of 0.5 s. A kill loses nothing in this mode.
      ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
      // The default of 20 polls a second makes sequential steps tick at 50 ms, whatever the machine.
      ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
      // As many failures as make a task one that fails for `ratchet runs`, which lists loops and models by this.
      ...['--dynamic-config-value', 'system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=3'],
      ...['--dynamic-config-value', `frontend.httpAllowedHosts=["${ownName}"]`],
      ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ],
  }),
  isHealthy: async (context, signal) => (await ask(context, '/api/v1/namespaces/default', { signal })).ok,
  settle: async (context) => {
    await keepHistories(context);
    await registerMissingAttributes(context);
  },
  addresses: ({ ports }) => ({
    temporalAddress: `${loopback}:${ports.grpc}`,
    temporalUiUrl: `http://${loopback}:${ports.ui}`,
    temporalMetricsUrl: `http://${loopback}:${ports.metrics}/metrics`,
  }),
};

async function keepHistories(context: PartContext): Promise<void> {
  const namespace = '/api/v1/namespaces/default';
  const found = (await json(context, namespace)) as { config?: { workflowExecutionRetentionTtl?: string } };
  if (found.config?.workflowExecutionRetentionTtl === retention) return;
  await json(context, `${namespace}/update`, { config: { workflowExecutionRetentionTtl: retention } });
}

/** The flags at start reach a new database only: attributes that came later are added to an old one here. */
async function registerMissingAttributes(context: PartContext): Promise<void> {
  const path = '/cluster/namespaces/default/search-attributes';
  const { customAttributes = {} } = (await json(context, path)) as { customAttributes?: Record<string, string> };
  const missing = Object.entries(searchAttributes).filter(([name]) => !(name in customAttributes));
  if (missing.length === 0) return;
  const names = missing.flatMap(([name, type]) => ['--name', name, '--type', type]);
  const address = [
    '--disable-config-file',
    '--disable-config-env',
    '--address',
    `${loopback}:${portOf(context, 'grpc')}`,
  ];
  const { code, output } = await runTool(
    join(context.bin, 'temporal'),
    ['operator', 'search-attribute', 'create', ...address, ...names],
    { env: withoutSettings(context.variables, /^TEMPORAL_/) },
  );
  if (code !== 0) throw new Error(`Temporal did not register the search attributes: ${output.trim()}`);
}

async function json(context: PartContext, path: string, body?: object): Promise<unknown> {
  const { ok, status, text } = await ask(context, path, { body, signal: AbortSignal.timeout(10_000) });
  if (!ok) throw new Error(`Temporal answered ${status} to ${path}: ${text}`);
  return JSON.parse(text);
}

/** With a Host of its own, which `fetch` would not send. */
function ask(
  context: PartContext,
  path: string,
  { body, signal }: { body?: object | undefined; signal: AbortSignal },
): Promise<{ ok: boolean; status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...{ host: loopback, port: portOf(context, 'http'), path, signal, agent: false },
      ...(body ? { method: 'POST' } : {}),
      headers: { host: ownName, ...(body ? { 'content-type': 'application/json' } : {}) },
    });
    outgoing.on('error', reject).on('response', (answer) => {
      const status = answer.statusCode ?? 0;
      text(answer).then((found) => resolve({ ok: status >= 200 && status < 300, status, text: found }), reject);
    });
    outgoing.end(body && JSON.stringify(body));
  });
}
