/** A real Alertmanager of this machine, with one receiver: us. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from '../../servers/free-port.ts';
import { TestServer } from '../../servers/server.ts';

/** @throws when there is none, with the package and the command that installs it. */
function findAlertmanager(): string {
  if (process.env.RATCHET_ALERTMANAGER) return process.env.RATCHET_ALERTMANAGER;
  for (const folder of (process.env.PATH ?? '').split(delimiter))
    for (const name of ['prometheus-alertmanager', 'alertmanager'])
      if (existsSync(join(folder, name))) return join(folder, name);
  throw new Error(
    'This test lets a real Alertmanager post to the gateway, and none is on PATH. Install it with: sudo apt-get install prometheus-alertmanager (or name the program in RATCHET_ALERTMANAGER)',
  );
}

export interface Alertmanager {
  /** Raises an alert, as Prometheus does. */
  fire(labels: Record<string, string>, annotations: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

/** @param credentials what goes behind `webhook_configs: url`: how it authenticates, as YAML. */
export async function startAlertmanager(webhook: string, httpConfig: object): Promise<Alertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-alertmanager-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // JSON is YAML.
  const config = {
    route: {
      receiver: 'ratchet',
      group_by: ['alertname'],
      group_wait: '0s',
      group_interval: '1s',
      repeat_interval: '2s',
    },
    receivers: [{ name: 'ratchet', webhook_configs: [{ url: webhook, send_resolved: true, http_config: httpConfig }] }],
  };
  writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify(config), { mode: 0o600 });
  const server = new TestServer({
    command: findAlertmanager(),
    args: [
      ...[`--config.file=${join(folder, 'alertmanager.yml')}`, `--storage.path=${join(folder, 'data')}`],
      ...[`--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='],
    ],
    env: process.env,
    cwd: folder,
    log: join(folder, 'log'),
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  await server.start();
  return {
    fire: async (labels, annotations) => {
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([{ labels, annotations, startsAt: new Date().toISOString() }]),
      });
      if (!response.ok) throw new Error(`Alertmanager: ${response.status} ${await response.text()}`);
    },
    close: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
