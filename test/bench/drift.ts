/** `npm run bench -- drift`: ours beside Evidently on the same files, each in a process of its own; `drift-50m`: ours alone at 50 million rows. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentVariables } from '#stack/python-environment.ts';
import { inFolder, type Options, peerPython, tell } from './beside-peers.ts';
import { type Answer, run, runOurs, timeCommand } from './drift/run.ts';
import { writeTable } from './drift/tables.ts';
import { seconds, spread } from './figures.ts';
import { machine } from './machine.ts';

interface Size {
  readonly rows: number;
  readonly columns: number;
  readonly times: number;
}

const sizes: readonly Size[] = [
  { rows: 10_000, columns: 20, times: 5 },
  { rows: 100_000, columns: 20, times: 5 },
  { rows: 1_000_000, columns: 20, times: 3 },
  { rows: 100_000, columns: 500, times: 1 },
];
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Some 12 minutes on two cores, most of it Evidently's; `--quick` is the first size only, under a minute. */
export async function drift({ quick, peers }: Options): Promise<void> {
  const before = machine();
  const python = peers ? await peerPython('evidently') : null;
  const lines: string[] = [];
  await inFolder(async (folder) => {
    for (const size of quick ? sizes.slice(0, 1) : sizes) {
      console.error(`${size.rows.toLocaleString('en-US')} × ${size.columns} …`);
      const [reference, current, profile] = ['reference.parquet', 'current.parquet', 'profile.json'].map((name) =>
        join(folder, name),
      ) as [string, string, string];
      await writeTable(reference, size, 1, 0);
      await writeTable(current, size, 2, 0.3);
      // The first round warms up and is not counted, as far as there are several.
      const rounds = size.times > 1 ? size.times + 1 : 1;
      const direct = await runOurs('direct', rounds, reference, current);
      const kept = await runOurs('profile', rounds, reference, current, profile);
      const stored = await runOurs('stored', rounds, reference, current, profile);
      const whole = await commandTimes(quick ? 3 : size.times, [
        'drift',
        '--reference',
        reference,
        '--current',
        current,
        '--json',
      ]);
      const theirs = python
        ? await run(
            python.python,
            [
              here('./drift/evidently_bench.py'),
              String(size.rows >= 1e6 || size.columns > 20 ? 1 : 2),
              reference,
              current,
            ],
            {
              ...environmentVariables(python),
              DO_NOT_TRACK: '1',
            },
          )
        : null;
      lines.push(row(size, { direct, kept, stored, theirs }, whole, statSync(profile).size));
    }
  });
  tell('drift', before, {
    title: 'Drift bench',
    says: 'All columns of two Parquet tables with the default methods, reading included, process start and imports not; median of the rounds, first round left out. In brackets: the peak of resident memory. `command`: `ratchet drift … --json` from its start to its end. Where the time of 100,000 × 20 goes, by Node’s processor profile: reading the Parquet files and handing their columns over 40 %, sorting the numbers 25 %, Wasserstein’s distance with its exact sums 15 %, moments and histograms 10 %, opening and closing DuckDB 8 %. A stored profile saves the reference’s share of reading and sorting.',
    table: [
      '| rows × columns | Evidently 0.7.23 | ours | times | with a stored profile | times over ours | making the profile | command |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      ...lines,
    ],
  });
}

/** Ours alone, 50 million rows × 20 columns beside as many: some 10 minutes with making the tables, 13 GB of disk. */
export async function drift50m({ quick }: Options): Promise<void> {
  const size = { rows: quick ? 1_000_000 : 50_000_000, columns: 20 };
  await inFolder(async (folder) => {
    const [reference, current, profile] = ['reference.parquet', 'current.parquet', 'profile.json'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    const from = performance.now();
    await writeTable(reference, size, 1, 0);
    await writeTable(current, size, 2, 0.3);
    console.log(
      `${size.rows.toLocaleString('en-US')} × ${size.columns}, twice ${(statSync(reference).size / 1e9).toFixed(1)} GB, made in ${seconds(performance.now() - from)} s`,
    );
    for (const mode of ['direct', 'profile', 'stored'] as const) {
      const answer = await runOurs(mode, 1, reference, current, profile);
      console.log(
        `${mode}: ${inWords(answer)}${mode === 'profile' ? `, ${(statSync(profile).size / 1e6).toFixed(1)} MB` : `, ${answer.answer} columns drifted`}`,
      );
    }
  });
}

async function commandTimes(times: number, args: readonly string[]): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < times; round++) all.push(await timeCommand(args));
  return spread(all)!.median;
}

interface Answers {
  direct: Answer;
  kept: Answer;
  stored: Answer;
  theirs: Answer | null;
}

function row(
  { rows, columns }: Size,
  { direct, kept, stored, theirs }: Answers,
  whole: number,
  profileBytes: number,
): string {
  const ours = middle(direct);
  const cells = [
    `${rows.toLocaleString('en-US')} × ${columns}`,
    theirs ? inWords(theirs) : '–',
    inWords(direct),
    theirs ? `${(middle(theirs) / ours).toFixed(0)}×` : '–',
    inWords(stored),
    `${(ours / middle(stored)).toFixed(1)}×`,
    `${inWords(kept)}, ${(profileBytes / 1e6).toFixed(1)} MB`,
    `${seconds(whole)} s`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The first round warms up. */
function middle({ ms }: Answer): number {
  return spread(ms.length > 1 ? ms.slice(1) : ms)!.median;
}

const inWords = (answer: Answer) => `${seconds(middle(answer))} s (${answer.peakMb.toFixed(0)} MiB)`;
