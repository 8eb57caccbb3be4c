/** `pipelines/fraud` as its README walks it: trained while payments are pushed, served, and held against history until one is pushed in another unit. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testPython } from '../servers/programs.ts';
import { type Answer, environment, projectFolder, ratchet, sources, until } from './world/ratchet.ts';

const folder = `${projectFolder}/pipelines/fraud`;
const definitions = ['--definitions', 'pipelines/fraud/features.ts'];
const features = (...args: string[]) => ratchet('features', ...args, ...definitions, '--json');
const began = new Date(Date.now() - 1_000).toISOString();

let server: ChildProcess;
let url = '';
beforeAll(async () => {
  cpSync(`${sources}pipelines/fraud`, folder, { recursive: true });
  execFileSync(testPython(), [`${folder}/data.py`, `${folder}/data`]);
  // The example looks once an hour, which is enough for anybody who does not wait for it.
  const pipeline = readFileSync(`${folder}/pipeline.ts`, 'utf8');
  const watched = pipeline.replace(
    "skew: { service: 'fraud' },",
    "skew: { service: 'fraud', leastVectors: 10 },\n    every: '20s',",
  );
  expect(watched).not.toBe(pipeline);
  writeFileSync(`${folder}/pipeline.ts`, watched);
});
afterAll(async () => {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
  // Its loop is taken down with it.
  await ratchet('deploy');
});

async function serve(): Promise<void> {
  server = spawn(
    process.execPath,
    [`${sources}cli/bin.mjs`, 'features', 'serve', '--listen', '127.0.0.1:0', '--json', ...definitions],
    { cwd: projectFolder, env: environment(), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let said = '';
  server.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  ({ url } = await until(async () => /\}\s*$/.test(said) && (JSON.parse(said) as { url: string })));
}

const post = async (path: string, body: object) => {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return answer.json();
};

/** Somebody pays, now: it is written to the source in euros and told to the server, times `unit`. */
async function pay(customers: readonly number[], unit: number): Promise<void> {
  // Whole seconds, as the source has them.
  const at = `${new Date().toISOString().slice(0, 19)}Z`;
  const amount = (customer: number) => 10 + (customer % 7);
  appendFileSync(
    `${folder}/data/payments.csv`,
    customers.map((each) => `${each},${at},${at},${amount(each).toFixed(2)}\n`).join(''),
  );
  const times = customers.map(() => at);
  await post('/push', {
    push_source_name: 'payments',
    df: {
      customer_id: customers,
      paid_at: times,
      written_at: times,
      amount: customers.map((each) => amount(each) * unit),
    },
  });
}

interface Vector {
  values: (string | number | null)[];
}
const ask = async (customers: readonly number[]) =>
  (await post('/v1/features', { service: 'fraud', entities: { customer_id: customers } })) as { rows: Vector[] };

interface Skew {
  vectors: number;
  features: { feature: string; differ: number }[];
}
/** Once so many vectors are in the store, what they say. */
const skewOf = async (from: string, vectors: number) =>
  until(async () => {
    const told = await features('skew', '--service', 'fraud', '--from', from);
    if (told.code === 2) return null;
    const skew = told.json<Skew>();
    return skew.vectors >= vectors ? { code: told.code, ...skew } : null;
  });
/** One customer after another, since of a second only so many vectors are kept. */
async function askSlowly(customers: readonly number[]): Promise<void> {
  for (const customer of customers) {
    await ask([customer]);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);

test('materialized and served; a model is trained while payments are pushed, each read in the next request', async () => {
  expect((await features('apply')).code).toBe(0);
  const made = await features('materialize');
  expect(made.code, made.stderr).toBe(0);
  await serve();
  let over = false;
  const running = ratchet('run', 'fraud', '--wait', '--json').finally(() => {
    over = true;
  });
  let pushes = 0;
  for (; !over || pushes < 3; pushes += 1) {
    await pay([1, 2, 3], 1);
    const { rows } = await ask([1]);
    expect(rows[0]?.values[0]).toBe(String(pushes + 1));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  }
  const ran = await running;
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.json<Answer>()).toMatchObject({ status: 'promoted' });
  // What the champion was trained with is what is served.
  const got = await ratchet('features', 'get', 'customer_id=1', '--model', 'fraud@champion', ...definitions, '--json');
  expect(got.code, got.stderr).toBe(0);
  const question = { entities: { customer_id: [1] } };
  const served = (await post('/v1/features', { ...question, service: 'fraud@champion' })) as { rows: Vector[] };
  const asked = (await ask([1])) as { rows: Vector[] };
  // The other two say how long ago something was.
  expect(served.rows[0]?.values.slice(0, 2)).toEqual(asked.rows[0]?.values.slice(0, 2));
  await expect(post('/v1/features', { ...question, service: 'nobody@champion' })).rejects.toThrow(
    /422.*no champion of nobody/s,
  );
});

test('what was pushed as the source has it is no skew; in cents it is, and the loop asks for a run because of it', async () => {
  const alike = numbers(100, 30);
  await pay(alike, 1);
  await askSlowly(alike);
  const same = await skewOf(began, 20);
  expect(same.code).toBe(0);
  expect(same.features.map(({ differ }) => differ)).toEqual([0, 0, 0, 0]);

  const cents = numbers(200, 30);
  await pay(cents, 100);
  await askSlowly(cents);
  const other = await skewOf(began, same.vectors + 15);
  expect(other.code).toBe(1);
  expect(other.features.filter(({ differ }) => differ > 0).map(({ feature }) => feature)).toEqual([
    'payments:avg_transaction_amount',
  ]);

  const deployed = await ratchet('deploy', 'fraud', '--json');
  expect(deployed.code, deployed.stderr).toBe(0);
  const reason = await until(async () => {
    const decisions = JSON.stringify((await ratchet('loop', 'decisions', 'fraud', '--json')).json<unknown>());
    return /payments:avg_transaction_amount[^"]*served otherwise/.exec(decisions)?.[0];
  });
  expect(reason).toMatch(/of fraud served otherwise/);
});
