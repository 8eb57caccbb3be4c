/** What a user waits for although all is known or little is to be done: commands, cached runs, wide maps of quick items, the install. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectTemporal } from '#adapters/temporal/connection.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { stopStack } from '#stack/stack.ts';
import { type Options, tell } from './beside-peers.ts';
import { inWords, type Spread, seconds, spread } from './figures.ts';
import { noOpFlagship } from './flagship.ts';
import { machine } from './machine.ts';
import { withoutServers } from './pace/commands.ts';
import { installWeight, type Weight } from './pace/weight.ts';
import { ratchet } from './ratchet-contender.ts';
import { startRaw } from './raw/contender.ts';
import { dev, makeProject, root } from './world.ts';

const rows = ['commands', 'wide', 'flagship', 'weight'] as const;
type Row = (typeof rows)[number];

/** RATCHET_PACE names the rows that are wanted, by commas: `wide,weight`; all without it. */
export async function pace({ quick }: Options): Promise<void> {
  const wanted = (process.env.RATCHET_PACE?.split(',') ?? rows) as Row[];
  const unknown = wanted.find((row) => !rows.includes(row));
  if (unknown) throw new Error(`RATCHET_PACE names "${unknown}"; rows are ${rows.join(', ')}`);
  const before = machine();
  const table: string[] = [];
  if (wanted.includes('commands')) table.push(...(await commands(quick ? 3 : 11)), '');
  if (wanted.includes('wide') || wanted.includes('flagship')) table.push(...(await withServers(wanted, quick)), '');
  if (wanted.includes('weight')) table.push(...weight(), '');
  tell('pace', before, {
    title: 'Pace bench',
    says: `Median (least–most, repetitions) of wall time.${
      before.load > before.cores
        ? ' Others used the cores meanwhile, as the load says: seconds are no measure against the goals then, and only ratios within one row tell something.'
        : ''
    }`,
    table,
  });
}

/** In turns, so that whatever else the machine does hits all alike. */
async function inTurns(rounds: number, work: Record<string, () => Promise<number>>): Promise<Map<string, Spread>> {
  const figures = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++)
    for (const [name, once] of Object.entries(work)) {
      const ms = await once();
      // The first round warms up.
      if (round > 0) figures.set(name, [...(figures.get(name) ?? []), ms]);
      console.error(`  ${name}: ${seconds(ms)} s`);
    }
  return new Map([...figures].flatMap(([name, values]) => (spread(values) ? [[name, spread(values) as Spread]] : [])));
}

async function commands(rounds: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-bench-pace-'));
  try {
    const figures = await inTurns(rounds, withoutServers(folder));
    const bare = figures.get('bare Node')?.median ?? 0;
    return [
      '| command, no server | wall time | over bare Node | goal |',
      '| --- | --- | ---: | ---: |',
      ...[...figures].map(
        ([name, figure]) =>
          `| ${name} | ${inWords(figure)} | ${name === 'bare Node' ? '' : `+ ${Math.round(figure.median - bare)} ms`} | ${goals[name] ?? ''} |`,
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const goals: Record<string, string> = {
  '`ratchet --help`': '+ 40 ms',
  '`ratchet validate` of 1,000 rows': '+ 200 ms',
  '`ratchet quality` of 1,000 rows': '+ 200 ms',
};

async function withServers(wanted: readonly Row[], quick: boolean): Promise<string[]> {
  await makeProject();
  const { readyMs } = await dev();
  const temporal = await connectTemporal(connectionSettings(root).temporal);
  try {
    const lines = [`\`ratchet dev\` into an empty data folder: ${seconds(readyMs)} s to ready.`, ''];
    if (wanted.includes('wide')) {
      const ours = ratchet(temporal.client, null);
      const raw = await startRaw(root, temporal.client);
      try {
        const figures = await inTurns(quick ? 1 : 3, {
          Ratchet: () => ours.perform('wide-2500'),
          'raw SDK, an activity an item': () => raw.perform('wide-2500'),
        });
        const [us, them] = ['Ratchet', 'raw SDK, an activity an item'].map((name) => figures.get(name));
        lines.push(
          '| map over 2,500 items that do nothing | wall time |',
          '| --- | --- |',
          ...[...figures].map(([name, figure]) => `| ${name} | ${inWords(figure)} |`),
          '',
          `The raw SDK takes ${us && them ? (them.median / us.median).toFixed(1) : '–'} times as long (goal ≥ 5).`,
          '',
        );
      } finally {
        await raw.close();
      }
    }
    if (wanted.includes('flagship')) {
      const run = await noOpFlagship(temporal.client);
      lines.push(
        '| the flagship, nothing changed | wall time | goal |',
        '| --- | ---: | ---: |',
        `| from the start of the run to its result | ${seconds(run.runMs)} s | ≤ 0.25 s |`,
        `| \`ratchet run --wait\` | ${seconds(run.runCommandMs)} s | ≤ 1.2 s |`,
        `| \`ratchet plan\` | ${seconds(run.planCommandMs)} s | ≤ 0.8 s |`,
        '',
        `It ended as ${run.status}. Not served from the cache: ${run.worked.join('; ') || 'nothing'}.`,
        '',
        `Where the run's time goes: ${run.phases.map(({ what, ms }) => `${what} ${Math.round(ms)} ms`).join('; ')}.`,
        '',
      );
    }
    return lines;
  } finally {
    await temporal.close();
    await stopStack(root);
  }
}

function weight(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-bench-weight-'));
  try {
    const found = installWeight(folder);
    if (!found) return ['The weight of an install is that of the built package: `npm run build` first.'];
    return inTable(found);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inTable({ ms, mb, packages, heaviest, packedMb }: Weight): string[] {
  const most = heaviest.map(({ name, mb: each }) => `${name} ${each.toFixed(0)}`).join(', ');
  return [
    '| `npm install` of the built package in an empty folder | |',
    '| --- | --- |',
    `| node_modules, without danfojs | ${mb.toFixed(0)} MB in ${packages} packages |`,
    `| the heaviest, MB | ${most} |`,
    `| the package itself, packed | ${packedMb.toFixed(1)} MB |`,
    `| time, with npm's cache as it was | ${seconds(ms)} s |`,
  ];
}
