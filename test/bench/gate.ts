/** `npm run bench -- gate`: `ratchet gate` beside numpy, scikit-learn and fairlearn doing the same, on scored rows. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { environmentVariables } from '#stack/python-environment.ts';
import { inFolder, type Options, peerPython, tell } from './beside-peers.ts';
import { command } from './drift/run.ts';
import { seconds } from './figures.ts';
import { runWatched } from './gate/resident.ts';
import { type Scored, writeScored } from './gate/scored.ts';
import { machine } from './machine.ts';

const RESAMPLES = 2_000;
/** How many the peer really draws of all rows, by rows: the rest is counted. */
const sizes = [
  { rows: 100_000, measured: 20 },
  { rows: 10_000_000, measured: 2 },
];
const Peer = z.object({ ms: z.tuple([z.number()]), sampledMs: z.number(), peakMb: z.number(), answer: z.number() });

/** Some 10 minutes on two cores; `--quick` is the first size only. */
export async function gate({ quick, peers }: Options): Promise<void> {
  const before = machine();
  const python = peers ? await peerPython('gate') : null;
  const lines: string[] = [];
  await inFolder(async (folder) => {
    const rules = join(folder, 'rules.ts');
    writeFileSync(rules, rulesModule);
    for (const { rows, measured } of quick ? sizes.slice(0, 1) : sizes) {
      console.error(`${rows.toLocaleString('en-US')} rows …`);
      const files = await writeScored(folder, rows);
      const ours = await runOurs(files, rules);
      const theirs = python ? await runPeer(python, measured, files) : null;
      lines.push(row(rows, ours, theirs));
    }
  });
  tell('gate', before, {
    title: 'Gate bench',
    says: `Scored rows of two models in two Parquet files: eleven metrics with their intervals, the difference in ROC AUC by ${RESAMPLES.toLocaleString('en-US')} resamples, 50 slices with intervals, fairness by three groups, each row with its weight. \`ratchet gate\` is timed from its start to its end; of the script beside it imports are not counted. Beyond 100,000 rows Ratchet resamples a sample of so many, 500 times, and scales the deviation: the script is timed both ways, and of all rows it draws ${sizes.map(({ measured }) => measured).join(' and ')} resamples, the rest is counted.`,
    table: [
      '| rows | `ratchet gate` | peak | numpy, scikit-learn, fairlearn: every resample of all rows | times ours | resampling as Ratchet does | times ours | peak |',
      '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      ...lines,
    ],
  });
}

const rulesModule = `export default {
  metric: 'roc_auc',
  minimumEffect: 0.002,
  slices: { metric: 'roc_auc', maxDrop: 0.05 },
  fairness: [
    { attribute: 'grp', criterion: 'demographic_parity', maxDifference: 0.1 },
    { attribute: 'grp', criterion: 'equal_opportunity', maxDifference: 0.1 },
  ],
};
`;

async function runOurs({ candidate, champion }: Scored, rules: string) {
  const words = [
    ...['gate', '--predictions', candidate, '--against', champion, '--target', 'y', '--weight', 'weight'],
    ...['--slice', 'slice', '--rules', rules, '--resamples', String(RESAMPLES), '--json'],
  ];
  const ran = await runWatched(process.execPath, [...command().words, ...words]);
  if (ran.code !== 0) throw new Error(`ratchet gate ended with ${ran.code}`);
  return ran;
}

async function runPeer(python: Awaited<ReturnType<typeof peerPython>>, measured: number, files: Scored) {
  const script = fileURLToPath(new URL('./gate/gate_bench.py', import.meta.url));
  const args = [script, String(RESAMPLES), String(measured), files.candidate, files.champion];
  const { stdout } = await promisify(execFile)(python.python, args, { env: environmentVariables(python) });
  return Peer.parse(JSON.parse(stdout));
}

function row(rows: number, ours: Awaited<ReturnType<typeof runOurs>>, theirs: z.output<typeof Peer> | null): string {
  const mb = (value: number | null) => (value === null ? '–' : `${value.toFixed(0)} MiB`);
  const cells = [rows.toLocaleString('en-US'), `${seconds(ours.ms)} s`, mb(ours.peakMb)];
  if (!theirs) return `| ${[...cells, '–', '–', '–', '–', '–'].join(' | ')} |`;
  const times = (ms: number) => `${(ms / ours.ms).toFixed(1)}×`;
  const [all] = theirs.ms;
  cells.push(`${seconds(all)} s`, times(all), `${seconds(theirs.sampledMs)} s`, times(theirs.sampledMs));
  return `| ${[...cells, mb(theirs.peakMb)].join(' | ')} |`;
}
