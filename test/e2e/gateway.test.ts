/** `ratchet tokens` and `ratchet gateway` as a person uses them, on the stack that the suite shares. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, afterEach, expect, test } from 'vitest';
import { connectTemporal } from '#adapters/temporal/connection.ts';
import { configureLoop } from '#adapters/temporal/loops.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { copyOfSmall } from './world/pipelines.ts';
import { environment, projectFolder, ratchet, sources, until } from './world/ratchet.ts';

const folder = `${projectFolder}/.ratchet/gateway`;
const children = new Set<ChildProcess>();
rmSync(`${folder}/tokens`, { recursive: true, force: true });
afterEach(async () => {
  for (const child of children) {
    child.kill('SIGKILL');
    children.delete(child);
  }
});
// What other suites find is a gateway without tokens.
afterAll(() => rmSync(`${folder}/tokens`, { recursive: true, force: true }));

/** `ratchet gateway --json`, and what it prints when it listens. */
async function start(...options: string[]) {
  const child = spawn(process.execPath, [`${sources}cli/bin.mjs`, 'gateway', '--json', ...options], {
    cwd: projectFolder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const { url } = await until(async () => /\}\s*$/.test(said) && (JSON.parse(said) as { url: string }));
  return { url, child, exited };
}

test('no token, no way in from outside; with one, from outside and from here', async () => {
  const refused = await ratchet('gateway', '--listen', '0.0.0.0:0', '--json');
  expect(refused.code).toBe(2);
  expect(refused.json().error?.message).toMatch(/there is no token.*ratchet tokens create/);

  const open = await start('--listen', '127.0.0.1:0');
  expect((await fetch(`${open.url}/readyz`)).status).toBe(200);
  expect((await fetch(`${open.url}/v1/pipelines/nothing/status`)).status).toBe(404);
  open.child.kill('SIGTERM');
  expect(await open.exited).toBe(0);

  const made = await ratchet('tokens', 'create', '--owner', 'ada', '--scope', 'small-*:view,trigger', '--json');
  const { token, id } = made.json<{ token: string; id: string }>();
  expect((await ratchet('tokens', 'list')).stdout).toMatch(/ada +small-\*:view,trigger .* valid/);
  const wide = await start('--listen', '0.0.0.0:0');
  const local = wide.url.replace('0.0.0.0', '127.0.0.1');
  const ask = (headers: Record<string, string>) => fetch(`${local}/v1/pipelines/small-none/status`, { headers });
  expect((await ask({})).status).toBe(401);
  expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(404);
  expect((await ratchet('tokens', 'revoke', id)).code).toBe(0);
  expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(401);
  expect(readFileSync(`${folder}/refused.jsonl`, 'utf8')).not.toContain(token);
  wide.child.kill('SIGTERM');
  expect(await wide.exited).toBe(0);
  expect((await ratchet('tokens', 'create', '--scope', 'nonsense')).code).toBe(2);
  rmSync(`${folder}/tokens`, { recursive: true });
});

test('rows that came make a champion', async () => {
  const { name } = copyOfSmall('gateway');
  const temporal = await connectTemporal({ ...connectionSettings(projectFolder).temporal, env: {} });
  try {
    const triggers = { kind: 'newRows', atLeast: 1_000 };
    await configureLoop(temporal.client, LoopPolicy.parse({ pipeline: name, model: name, triggers }));
  } finally {
    await temporal.close();
  }
  const { url, child, exited } = await start('--listen', '127.0.0.1:0');
  const told = await fetch(`${url}/v1/pipelines/${name}/triggers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"kind":"dataArrived","id":"rows-1","rows":2000}',
  });
  expect(told.status).toBe(202);
  const runs = await until(async () => {
    const listed = (await (await fetch(`${url}/v1/pipelines/${name}/runs`)).json()) as { runs: { href: string }[] };
    return listed.runs.length > 0 && listed.runs;
  });
  const events = await (await fetch(`${url}${runs[0]?.href}/events`)).text();
  expect(events).toMatch(/event: end\n/);
  expect(await (await fetch(`${url}${runs[0]?.href}`)).json()).toMatchObject({
    status: 'promoted',
    live: false,
    trigger: { kind: 'newRows' },
  });
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
});
