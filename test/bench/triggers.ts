/** What the loop costs at a thousand pipelines, on the embedded stack and by the real command; beside Dagster's sensors. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { idleParts } from './idle.ts';
import { type Machine, machine } from './machine.ts';
import { type DagsterFigures, dagsterSensors } from './peers/dagster-sensors.ts';
import { burstToAll, eventsOf, floodOne, signalToStart } from './triggers/bursts.ts';
import { type ManyPipelines, startManyPipelines } from './triggers/world.ts';
import { repository } from './world.ts';

const full = { pipelines: 1_000, starts: 150, flood: 5_000, peerStarts: 10, peerBurst: 90, watchedMs: 30_000 };
const quick = { pipelines: 50, starts: 20, flood: 1_000, peerStarts: 3, peerBurst: 40, watchedMs: 10_000 };

export async function triggers(options: { quick: boolean; peers: boolean }): Promise<void> {
  const sizes = options.quick ? quick : full;
  const before = machine();
  const tell = (words: string) => console.error(words);
  tell('starting the stack');
  const world = await startManyPipelines(sizes.pipelines);
  const interrupted = () => void world.close().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const rows: Row[] = [];
  const row = (...cells: Row) => {
    rows.push(cells);
    tell(cells.join(' | '));
  };
  try {
    await ours(world, sizes, row);
  } finally {
    await world.close();
  }
  if (options.peers) {
    tell("Dagster's daemon, alone");
    theirs(await dagsterSensors(sizes), row);
  }
  const page = [...head(before), ...rows.map(([what, figure]) => `| ${what} | ${figure} |`), ''].join('\n');
  console.log(page);
  if (process.env.RATCHET_WRITE_DOCS === '1') writeFileSync(join(repository, 'docs', 'bench-triggers.md'), page);
}

type Row = [what: string, figure: string];
type Sizes = typeof full;

async function ours(world: ManyPipelines, sizes: Sizes, row: (...cells: Row) => void): Promise<void> {
  const { client, names, root } = world;
  const many = sizes.pipelines.toLocaleString('en');
  const first = await world.deploy();
  row(
    `\`ratchet deploy\` of ${many} pipelines, a loop and a schedule each`,
    `${first.seconds.toFixed(1)} s, ${first.changes} changes`,
  );
  await settled(root);
  const again = await world.deploy();
  row('`ratchet deploy` again', `${again.seconds.toFixed(1)} s, ${again.changes} changes`);
  await settled(root);
  const events = await eventsOf(client, names);
  row('events in the history of a loop that was deployed', (events / names.length).toFixed(1));
  for (const { part, processor, residentMb } of await idleParts(root, sizes.watchedMs))
    row(
      `${part}${part.startsWith('worker') ? ' with its step hosts' : ''} while they idle`,
      `${((processor ?? 0) * 0.6).toFixed(1)} processor seconds a minute, ${Math.round(residentMb ?? 0)} MB`,
    );
  row(
    `events that an idle loop gains, watched ${sizes.watchedMs / 1_000} s`,
    `${(await eventsOf(client, names)) - events} in all ${many} loops: 0 a day without signals`,
  );
  const waits = await signalToStart(world, sizes.starts);
  row(`signal to run start, ${waits.length} one after another`, inMs(waits));
  const burst = await burstToAll(world);
  row(
    `${burst.sent.toLocaleString('en')} signals, five to each loop`,
    `acknowledged in ${burst.acknowledgedSeconds.toFixed(1)} s, all decided in ${burst.decidedSeconds.toFixed(1)} s, ${burst.lost} lost, ${burst.eventsAPipeline.toFixed(1)} events a loop`,
  );
  const flood = await floodOne(world, sizes.flood);
  row(
    `${sizes.flood.toLocaleString('en')} signals to one loop`,
    `${Math.round(sizes.flood / flood.acknowledgedSeconds)} a second acknowledged, ${Math.round(sizes.flood / flood.decidedSeconds)} a second decided`,
  );
}

function theirs(figures: DagsterFigures, row: (...cells: Row) => void): void {
  const { version, waits_ms, burst_s, burst_done, burst_seen, burst_sent } = figures;
  row(
    `Dagster ${version}: daemon and code server with as many sensors, while they idle`,
    `${figures.idle_seconds_a_minute.toFixed(1)} processor seconds a minute, ${Math.round(figures.resident_mb)} MB`,
  );
  row(
    `Dagster: event to run start, ${waits_ms.length} one after another, a sensor of 1 s`,
    inMs([...waits_ms].sort((a, b) => a - b)),
  );
  row(
    `Dagster: ${burst_sent.toLocaleString('en')} events, three to each sensor`,
    burst_done
      ? `all seen in ${burst_s.toFixed(1)} s: ${Math.round(burst_sent / burst_s)} a second`
      : `${burst_seen} seen after ${burst_s.toFixed(0)} s: ${Math.round(burst_seen / burst_s)} a second`,
  );
}

const inMs = (sorted: readonly number[]) =>
  `p50 ${Math.round(at(sorted, 0.5))} ms, p99 ${Math.round(at(sorted, 0.99))} ms`;
const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Until no part is busy any more with what it was told: below a tenth of a core, or for a minute. */
async function settled(root: string): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(500)) {
    const parts = await idleParts(root, 2_000);
    if (parts.every(({ processor }) => (processor ?? 0) < 10)) return;
  }
}

const head = ({ cores, processor, memoryGb, system, node, at: day, load }: Machine) => [
  '# The loop',
  '',
  '`npm run bench -- triggers`: the embedded stack with one worker, pipelines that are real files, `ratchet deploy` as a',
  "process. A signal's latency runs from the client's call to the start that Temporal has noted for the run. Dagster: its",
  'daemon on SQLite with default settings; a burst counts as seen when each cursor says so. The runs of both do nothing.',
  '',
  `${cores} cores of ${processor}, ${memoryGb.toFixed(0)} GB, ${system}, Node ${node}; ${day.slice(0, 10)}, load before it ${load.toFixed(1)}.`,
  '',
  '| what | figure |',
  '| --- | --- |',
];
