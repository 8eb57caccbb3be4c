/** `npm run bench -- validation`: ours beside Great Expectations and pandera on the same files, each in a process of its own; `validation-50m`: ours alone. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { environmentVariables } from '#stack/python-environment.ts';
import { inFolder, type Options, peerPython, tell } from './beside-peers.ts';
import { type Answer, run, timeCommand } from './drift/run.ts';
import { writeTable } from './drift/tables.ts';
import { seconds, spread } from './figures.ts';
import { machine } from './machine.ts';
import { expectations, writeSuite } from './validation/suite.ts';

const sizes = [
  { rows: 10_000, columns: 20 },
  { rows: 100_000, columns: 20 },
  { rows: 1_000_000, columns: 20 },
  { rows: 100_000, columns: 500 },
];
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const ours = (times: number, file: string) =>
  run(process.execPath, [
    '--import',
    tsx,
    fileURLToPath(new URL('./validation/ours.ts', import.meta.url)),
    String(times),
    file,
  ]);

interface Contender {
  readonly name: string;
  /** Milliseconds from the process's start to its end, with one validation. */
  command(): Promise<number>;
  /** Rounds in one process. */
  rounds(times: number): Promise<Answer>;
}

/** Some 4 minutes on two cores without the installation of the peers; `--quick` is the first size only. */
export async function validation({ quick, peers }: Options): Promise<void> {
  const before = machine();
  const python = peers ? await peerPython('validation') : null;
  const lines: string[] = [];
  await inFolder(async (folder) => {
    const suite = join(folder, 'suite.json');
    writeSuite(suite);
    for (const size of quick ? sizes.slice(0, 1) : sizes) {
      console.error(`${size.rows.toLocaleString('en-US')} × ${size.columns} …`);
      const file = join(folder, 'table.parquet');
      await writeTable(file, size, 1, 0);
      const contenders: Contender[] = [
        {
          name: 'ratchet',
          command: () => timeCommand(['validate', file, '--suite', suite, '--json']),
          rounds: (times) => ours(times, file),
        },
      ];
      for (const [name, script] of [
        ['Great Expectations 1.24.1', 'great_expectations_bench.py'],
        ['pandera', 'pandera_bench.py'],
      ] as const) {
        if (!python) continue;
        const variables = { ...environmentVariables(python), DO_NOT_TRACK: '1', GX_ANALYTICS_ENABLED: 'false' };
        const perform = (times: number) =>
          run(python.python, [here(`./validation/${script}`), String(times), file, suite], variables);
        contenders.push({ name, command: () => wall(() => perform(1)), rounds: perform });
      }
      lines.push(...(await measured(size, contenders, quick ? 3 : 5)));
    }
  });
  tell('validation', before, {
    title: 'Validation bench',
    says: `${expectations.length} expectations that hold, on one Parquet file. \`command\`: from the process's start to its end. \`warm\`: a later validation in one process; ours reads the file each time, theirs have the data in memory. Median of the rounds; peak of resident memory.`,
    table: [
      '| rows × columns | | command | times ours | warm | times ours | peak |',
      '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
      ...lines,
    ],
  });
}

/** Ours alone on 50 million rows × 20 columns: some 4 minutes with making the table, 6.5 GB of disk. */
export async function validation50m({ quick }: Options): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, 'table.parquet');
    const rows = quick ? 1_000_000 : 50_000_000;
    await writeTable(file, { rows, columns: 20 }, 1, 0);
    const { ms, peakMb, answer } = await ours(1, file);
    console.log(
      `${rows.toLocaleString('en-US')} × 20: ${seconds(ms[0] ?? Number.NaN)} s, ${peakMb.toFixed(0)} MiB, ${answer} of ${expectations.length} hold`,
    );
  });
}

async function measured(
  { rows, columns }: (typeof sizes)[number],
  contenders: readonly Contender[],
  times: number,
): Promise<string[]> {
  const figures = [];
  for (const contender of contenders) {
    const commands: number[] = [];
    for (let round = 0; round < Math.min(times, 3); round++) commands.push(await contender.command());
    const answer = await contender.rounds(times + 1);
    if (answer.answer !== expectations.length)
      throw new Error(`${contender.name} finds that ${answer.answer} of ${expectations.length} hold`);
    figures.push({
      name: contender.name,
      whole: median(commands),
      warm: median(answer.ms.slice(1)),
      peak: answer.peakMb,
    });
  }
  const [first] = figures;
  const over = (value: number, base: number | undefined) => (base ? `${(value / base).toFixed(1)}×` : '–');
  return figures.map(
    ({ name, whole, warm, peak }) =>
      `| ${rows.toLocaleString('en-US')} × ${columns} | ${name} | ${seconds(whole)} s | ${over(whole, first?.whole)} | ${warm.toFixed(0)} ms | ${over(warm, first?.warm)} | ${peak.toFixed(0)} MiB |`,
  );
}

const median = (values: readonly number[]) => spread(values)?.median ?? Number.NaN;

async function wall(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
