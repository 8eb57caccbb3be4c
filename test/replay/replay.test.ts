/** Today's workflows follow every recorded history to its last command. What a red line means: README.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { workflowBundle } from '#adapters/temporal/workflow-bundle.ts';
import { bundleCache } from '../workflows/harness.ts';
import { historyText, recordedNames, replayable } from './histories.ts';
import { scenarios } from './scenarios.ts';

let bundle: { codePath: string };
beforeAll(async () => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
  bundle = await workflowBundle({ cacheFolder: bundleCache });
}, 120_000);

async function problems(histories: ReturnType<typeof replayable>[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: bundle }, histories))
    if (error) found.set(workflowId, `${error.name}: ${error.message}`);
  return found;
}

test('every scenario has its recording, every recording its scenario and its line in the README', () => {
  expect(recordedNames()).toEqual(Object.keys(scenarios).toSorted());
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8').replace(/ +/g, ' ');
  for (const [name, { protects }] of Object.entries(scenarios))
    expect(readme).toContain(`| \`${name}\` | ${protects} |`);
});

test('all recordings replay', async () => {
  expect(await problems(recordedNames().map((name) => replayable(name)))).toEqual(new Map());
});

test.each([
  ['another step in the place of one', '"name": "gate"', '"name": "gates"'],
  ['an activity under another id', '"activityId": "beside"', '"activityId": "other"'],
])('a history with %s is told apart', async (_name, was, becomes) => {
  const text = historyText('steps-and-branches');
  expect(text).toContain(was);
  const found = await problems([replayable('steps-and-branches', text.replaceAll(was, becomes))]);
  expect([...found.values()].join()).toMatch(/DeterminismViolationError/);
});

test('a loop that would start another run than it did is told apart', async () => {
  const text = historyText('loop');
  const started = /"workflowId": "(run\/recorded-loop\/[^"]+)"/.exec(text)?.[1] as string;
  // Everywhere but in what `decide` answered: the workflow would go by the recorded decision.
  const found = await problems([
    replayable('loop', text.replaceAll(`"workflowId": "${started}"`, '"workflowId": "run/recorded-loop/other"')),
  ]);
  expect([...found.values()].join()).toMatch(/DeterminismViolationError/);
});

test('recordings name no machine', () => {
  for (const name of recordedNames())
    expect(historyText(name)).not.toMatch(/"identity": "(?!recorder")|file:|node_modules|\.ts:\d/);
});

test('a start evaluates no schemas of references, and that of a loop none at all', () => {
  const modules = [...readFileSync(bundle.codePath, 'utf8').matchAll(/"\.\/contracts\/([\w/-]+)\.ts"/g)].map(
    ([, name]) => name,
  );
  const allowed = [
    'approve-request',
    'duration',
    'duration-text',
    'envelope',
    'heartbeat',
    'json',
    'kept-outcomes',
    'messages',
    'names',
    'run-story',
    'search-attribute',
    'trigger',
  ];
  expect([...new Set(modules)].toSorted()).toEqual(allowed);
  for (const type of ['loop', 'watch', 'fire'])
    expect(evaluated(type)).not.toContainEqual(expect.stringMatching(/zod/));
  expect(evaluated('default')).toContainEqual(expect.stringMatching(/zod/));
});

/** Names of the modules that a start of this workflow evaluates; outside of the sandbox it fails once it has them. */
function evaluated(workflow: string): string[] {
  const modules = new Map<string, unknown>();
  const cache = new Proxy(
    {},
    { get: (_, name: string) => modules.get(name), set: (_, name: string, value) => !!modules.set(name, value) },
  );
  const sandbox = createContext({ TextEncoder, TextDecoder, AbortController, URL, __webpack_module_cache__: cache });
  runInContext(readFileSync(bundle.codePath, 'utf8'), sandbox);
  runInContext(`(async () => __TEMPORAL__.importWorkflows().${workflow}({}))().catch(() => undefined)`, sandbox);
  return [...modules.keys()];
}
