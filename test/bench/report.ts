/** The figures as Markdown: what the terminal shows and docs/bench.md keeps. */
import { describe, shapes } from './contender.ts';
import { inWords, seconds } from './figures.ts';
import type { NoOpRun } from './flagship.ts';
import type { Idle } from './idle.ts';
import type { Machine } from './machine.ts';
import type { AfterRuns } from './many-runs.ts';
import type { Figure } from './measure.ts';
import type { PartStart } from './world.ts';

export interface Results {
  machine: { before: Machine; after: Machine };
  /** Into an empty data folder, and over data that is there. */
  fresh: { readyMs: number; parts: PartStart[] };
  again: { readyMs: number; parts: PartStart[] } | null;
  workerStartMs: number;
  idle: Idle[];
  flagship: NoOpRun;
  contenders: { name: string; executor: string }[];
  figures: Figure[];
  kept: AfterRuns[];
}

export function report(results: Results): string {
  const { before, after } = results.machine;
  return [
    '# Orchestration bench',
    '',
    'Written by `RATCHET_WRITE_DOCS=1 npm run bench -- orchestration`; without the variable it only prints.',
    '',
    '## Machine',
    '',
    `${before.at.slice(0, 10)}, ${before.cores} cores (${before.processor}), ${before.memoryGb.toFixed(0)} GiB, ${before.system}, Node ${before.node}, ${before.python}.`,
    `Load of the last minute: ${before.load.toFixed(1)} before, ${after.load.toFixed(1)} after. More than ${before.cores} means that others used the cores, too: ratios then tell more than seconds.`,
    '',
    '## Steps, maps and runs',
    '',
    'Median (least–most, repetitions) of the wall time; `cpu` is what the worker used for one, its server not counted.',
    '',
    ...comparison(results),
    '',
    ...goals(results.figures),
    '',
    ...results.contenders.map(({ name, executor }) => `- **${name}**: ${executor}.`),
    '',
    ...method,
    '',
    '## The stack',
    '',
    `- \`ratchet dev\` to ready: ${started(results.fresh)} into an empty data folder${results.again ? `; ${started(results.again)} over data that was there` : ''}.`,
    `- A worker, from spawn to ready with the servers up: ${seconds(results.workerStartMs)} s.`,
    `- The worker's resident memory with its step hosts, after so many more runs of seven steps: ${results.kept.map(({ runs, residentMb }) => `${runs}: ${residentMb.toFixed(0)} MiB`).join(', ') || 'not known on this system'}.`,
    '',
    '| part, idle | resident | processor |',
    '| --- | ---: | ---: |',
    ...results.idle.map(
      ({ part, residentMb, processor }) =>
        `| ${part} | ${residentMb === null ? '–' : `${residentMb.toFixed(0)} MiB`} | ${processor === null ? '–' : `${processor.toFixed(1)} %`} |`,
    ),
    '',
    '## The flagship, nothing changed',
    '',
    ...flagship(results.flagship),
    '',
  ].join('\n');
}

const method = [
  "Ratchet and the raw SDK use the same Temporal server, the same store, the SDK's default settings and the same cut of wide maps: 16 items at once, above 200 items in child workflows of at most 200. Both make two calls to the store a run (a HEAD for the code, a PUT of the record) and none a step.",
  "A step of Ratchet crosses a process boundary to its step host; the raw workflow's activity is a function of its worker. Everyone takes a turn in every round; the first round is not counted.",
  "Dagster and Prefect do as many steps and keep their state where their documentation says that it survives a restart; telemetry is off, and Prefect's logging is reduced to errors.",
];

function comparison({ figures, contenders }: Results): string[] {
  const lines = [
    `| | ${contenders.map(({ name }) => name).join(' | ')} |`,
    `| --- | ${contenders.map(() => '---').join(' | ')} |`,
  ];
  for (const shape of shapes) {
    const row = contenders.map(({ name }) => {
      const figure = figures.find((one) => one.shape === shape && one.contender === name);
      if (!figure?.wall) return figure?.none ?? '–';
      return `${inWords(figure.wall)}${figure.processor === null ? '' : `, cpu ${figure.processor.toFixed(2)} s`}`;
    });
    lines.push(`| ${describe[shape]} | ${row.join(' | ')} |`);
  }
  return lines;
}

/** Ratios of medians. */
function goals(figures: readonly Figure[]): string[] {
  const median = (shape: string, contender: (name: string) => boolean) => {
    const found = figures.filter((one) => one.shape === shape && contender(one.contender) && one.wall);
    return found.length === 0 ? null : Math.min(...found.map((one) => one.wall?.median ?? Number.POSITIVE_INFINITY));
  };
  const lines = ['| | over the raw SDK (goal ≤ 1.25) | fastest peer over Ratchet |', '| --- | ---: | ---: |'];
  const goal: Record<string, string> = { seven: ' (goal ≥ 2.5)', 'wide-100': ' (goal ≥ 4)' };
  for (const shape of shapes) {
    const ours = median(shape, (name) => name === 'Ratchet');
    const raw = median(shape, (name) => name === 'raw SDK');
    const peer = median(shape, (name) => name !== 'raw SDK' && name !== 'Ratchet');
    const times = (over: number | null, under: number | null) =>
      over === null || under === null ? '–' : `${(over / under).toFixed(2)}×`;
    lines.push(`| ${describe[shape]} | ${times(ours, raw)} | ${times(peer, ours)}${goal[shape] ?? ''} |`);
  }
  return lines;
}

const started = ({ readyMs, parts }: { readyMs: number; parts: PartStart[] }) =>
  `${seconds(readyMs)} s (${parts.map(({ part, readyMs: ms }) => `${part} ${seconds(ms)}`).join(', ')})`;

function flagship({ runMs, runCommandMs, planCommandMs, status, worked }: NoOpRun): string[] {
  return [
    `A second run of \`flight-delays\` with the same params: ${seconds(runMs)} s from its start to its result (goal < 2 s), ended as ${status}.`,
    `As commands, with Node's own start: \`ratchet run … --wait\` ${seconds(runCommandMs)} s, \`ratchet plan\` ${seconds(planCommandMs)} s.`,
    `Not served from the cache: ${worked.join('; ') || 'nothing'}.`,
  ];
}
