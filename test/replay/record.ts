/**
 * Records histories: `node --import tsx test/replay/record.ts` records the scenarios that have none yet.
 * A recording is never replaced silently: name it after `--again` to do so, and say in the commit why replay may break.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import setup from '../setup/python-environment.ts';
import { startDevServer, startHarness } from '../workflows/harness.ts';
import { recordedLoops } from '../workflows/loop-world.ts';
import { historyPath, written } from './histories.ts';
import { models, recordedMaterialization, scenarios } from './scenarios.ts';

const flag = process.argv.indexOf('--again');
const again = new Set(flag < 0 ? [] : process.argv.slice(flag + 1));
const unknown = [...again].filter((name) => !scenarios[name]);
if (unknown.length > 0) throw new Error(`no such scenario: ${unknown.join(', ')}`);
const wanted = Object.keys(scenarios).filter((name) => again.has(name) || !existsSync(historyPath(name)));
if (wanted.length === 0) {
  console.log('every scenario has its history; --again NAME records one anew');
  process.exit(0);
}

await setup();
// Its packs wait for runs that go on.
models.registry('packs').recorded = false;
const activities = { ...models.activities, ...recordedLoops(), ...recordedMaterialization() };
const harness = await startHarness({ environment: await startDevServer(), activities });
const { client } = harness.environment;
const echo = (input: never) => input;
harness.pipeline({ nodes: [], result: { grandchild: true }, steps: { echo } }, 'recorded-grandchild');

const record = async (name: string): Promise<void> => {
  const { pipeline, envelope, drive } = scenarios[name] as (typeof scenarios)[string];
  let workflowId = `run/recorded-${name}/t`;
  if (pipeline) {
    const handle = await harness.start(harness.pipeline(pipeline, `recorded-${name}`), envelope ? { envelope } : {});
    const [driven] = await Promise.all([drive?.(client, workflowId), harness.result(handle).catch(() => undefined)]);
    workflowId = driven ?? workflowId;
  } else workflowId = (await drive?.(client, workflowId)) ?? workflowId;
  const described = await client.workflow.getHandle(workflowId).describe();
  const first = described.raw.workflowExecutionInfo?.firstRunId;
  const handle = client.workflow.getHandle(workflowId, first || undefined);
  const history = await handle.fetchHistory();
  const text = written(workflowId, history);
  mkdirSync(dirname(historyPath(name)), { recursive: true });
  writeFileSync(historyPath(name), text);
  console.log(`${name}: ${history.events?.length} events, ${Math.round(text.length / 1024)} KiB`);
};
// Together: one of them waits for a minute.
await Promise.all(wanted.map(record));
await harness.stop();
process.exit(0);
