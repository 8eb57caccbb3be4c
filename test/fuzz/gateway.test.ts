/**
 * Schemathesis makes up requests from the gateway's own OpenAPI document, fitting and unfitting ones: whatever comes, the
 * answer is one that the document names, of the shape that it says, and never a failure of ours.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import { startTestGateway, type TestGateway } from '../servers/gateway.ts';

const here = new URL('.', import.meta.url).pathname;
const secret = 'what the fuzzer signs with';
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'missing_required_header',
  'unsupported_method',
  'allow_header_conformance',
];

let gateway: TestGateway;
let program: string;

beforeAll(async () => {
  const environment = await ensurePythonEnvironment({
    root: join(here, '..', '..'),
    name: 'fuzz',
    lock: join(here, 'requirements.lock'),
    progress: (line) => console.log(line),
  });
  program = join(environment.bin, 'st');
  gateway = await startTestGateway({ rate: 1_000_000, knows: () => true, env: { RATCHET_GITHUB_SECRET: secret } });
}, 300_000);
afterAll(() => gateway?.close());

test('no request makes it fail', async () => {
  const examples = process.env.RATCHET_FUZZ_EXAMPLES ?? '100';
  const child = spawn(
    program,
    [
      ...['run', `${gateway.url}/v1/openapi.json`, '--no-color', '--checks', checks.join(',')],
      ...['--phases', 'examples,coverage,fuzzing', '--max-examples', examples, '--generation-database', 'none'],
      ...['--request-timeout', '20', '--warnings', 'off', '--continue-on-failure'],
      ...(process.env.RATCHET_FUZZ_SEED ? ['--seed', process.env.RATCHET_FUZZ_SEED] : []),
    ],
    {
      cwd: gateway.root,
      env: {
        ...process.env,
        PYTHONPATH: here,
        SCHEMATHESIS_HOOKS: 'signing',
        FUZZ_SECRET: secret,
        FUZZ_TOKEN: gateway.token('*:*'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const [code] = await once(child, 'close');
  console.log(said.slice(-3_000));
  expect(code, said).toBe(0);
  const statuses = [...gateway.log('audit'), ...gateway.log('refused')].map(({ status }) => Number(status));
  expect(statuses.length).toBeGreaterThan(500);
  expect(statuses.filter((status) => status >= 500)).toEqual([]);
  // It came behind the doors: some of what it made up was taken.
  expect(gateway.loops.told.length).toBeGreaterThan(50);
}, 900_000);
