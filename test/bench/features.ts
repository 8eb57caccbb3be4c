/**
 * `npm run bench -- features`: ours beside Feast 0.67 on the same Parquet files: training sets with its DuckDB store and its default one, windows (ours
 * alone: Feast has none), materialisation and online reads with its SQLite and its Redis store, in process and through both feature servers.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { environmentVariables } from '#stack/python-environment.ts';
import { stopStack } from '#stack/stack.ts';
import { freePort } from '../servers/free-port.ts';
import { noRedis, startRedis } from '../servers/redis.ts';
import { inFolder, type Options, peerPython, tell } from './beside-peers.ts';
import { type Answer, command, run } from './drift/run.ts';
import { writeDefinitions } from './features/definitions.ts';
import { type Load, type Loaded, load, quantile } from './features/load.ts';
import { type FeatureTables, writeFeatureTables } from './features/tables.ts';
import { seconds, spread } from './figures.ts';
import { machine } from './machine.ts';
import { dev, makeProject, root } from './world.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
type Python = Awaited<ReturnType<typeof peerPython>> | null;

/** Some 15 minutes on two cores, most of it Feast's; `--quick` is the small sizes, some 4. */
export async function features({ quick, peers }: Options): Promise<void> {
  const before = machine();
  const python = peers ? await peerPython('feast') : null;
  const lines = [...(await histories(quick, python)), '', ...(await online(quick, python))];
  tell('features', before, {
    title: 'Features bench',
    says: [
      'Training sets: Parquet in, Parquet (ours) or a DataFrame (Feast) out, process start and imports not counted; median of the rounds, first round left out where there are several; in brackets the peak of resident memory.',
      "Feast's default store (Dask) loses rows that find nothing; how many it answered is said. Materialisation: ours is `ratchet features materialize` from the command's start to its end, with a workflow, on the embedded stack; Feast's is `materialize` in a process that has imported and applied.",
      'Where our time goes: of a training set of one view 60 to 75 % is the query (reading the columns of a million rows, the meeting of keys), the rest writing Parquet with zstd and its MD5, which a DataFrame in memory has not; of the wide one 30 % is writing a thousand columns. Of materialising a million rows about a second is the command and its workflow, the rest the data host, one thread: reading, encoding rows, writes of 10,000. Of a request over HTTP on one connection p90 is near p50: what is slow in a hundred is the garbage collector of server and client.',
      'Online: five features of one view of 100,000 entities. Both servers have one worker process and are asked by the same clients, each with a connection of its own, after 3,300 requests that are not counted; in process one caller asks, one question after another.',
    ].join(' '),
    table: lines,
  });
}

const ours = (mode: string, folder: string, { views, features: of }: FeatureTables, times: number, ...more: string[]) =>
  run(
    process.execPath,
    [
      '--import',
      tsx,
      fileURLToPath(new URL('./features/ours.ts', import.meta.url)),
      mode,
      folder,
      String(views),
      String(of),
      String(times),
      ...more,
    ],
    {
      ...process.env,
      RATCHET_DUCKDB_MEMORY: '2GiB',
    },
  );
const feast = (python: NonNullable<Python>, ...args: string[]) =>
  run(python.python, ['-W', 'ignore', here('./features/feast_bench.py'), ...args], environmentVariables(python));

const middle = ({ ms }: Answer) => spread(ms.length > 1 ? ms.slice(1) : ms)?.median ?? Number.NaN;
const cell = (answer: Answer | null) =>
  answer ? `${seconds(middle(answer))} s (${answer.peakMb.toFixed(0)} MiB)` : '–';
const ratio = (theirs: Answer | null, mine: Answer) =>
  theirs ? `${(middle(theirs) / middle(mine)).toFixed(1)}×` : '–';

async function histories(quick: boolean, python: Python): Promise<string[]> {
  const narrow = { views: 1, features: 5, rows: 1_000_000, keys: 100_000 };
  const sizes: { name: string; tables: FeatureTables; times: number }[] = [
    { name: '10,000 entities × 1 M rows × 5', tables: { ...narrow, entities: 10_000 }, times: 4 },
    { name: '100,000 entities × 1 M rows × 5', tables: { ...narrow, entities: 100_000 }, times: 4 },
    {
      name: '17,000 × 1,000 over 20 views',
      tables: { views: 20, features: 50, rows: 17_000, keys: 17_000, entities: 17_000 },
      times: 2,
    },
  ];
  const lines = [
    '| training set | ours | Feast, DuckDB | times ours | Feast, default | times ours | rows of the default |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
  ];
  for (const { name, tables, times } of sizes)
    await inFolder(async (folder) => {
      console.error(`${name} …`);
      await writeFeatureTables(folder, tables);
      const mine = await ours('history', folder, tables, times);
      const theirs = async (store: string) =>
        python && feast(python, 'history', folder, store, String(tables.views), String(times));
      const [duckdb, dask] = [await theirs('duckdb'), await theirs('file')];
      lines.push(
        `| ${[name, cell(mine), cell(duckdb), ratio(duckdb, mine), cell(dask), ratio(dask, mine), dask ? `${dask.answer.toLocaleString('en-US')} of ${tables.entities.toLocaleString('en-US')}` : '–'].join(' | ')} |`,
      );
    });
  const rows = quick ? 1_000_000 : 10_000_000;
  await inFolder(async (folder) => {
    console.error(`5 windows over ${rows.toLocaleString('en-US')} events …`);
    const tables = { views: 1, features: 1, rows, keys: 100_000, entities: 100_000 };
    await writeFeatureTables(folder, tables);
    const mine = await ours('windows', folder, tables, 1);
    lines.push(
      `| 5 windows over ${rows / 1e6} M events, 100,000 rows ask | ${cell(mine)} | has none | – | has none | – | – |`,
    );
  });
  return lines;
}

async function online(quick: boolean, python: Python): Promise<string[]> {
  await makeProject();
  const data = join(root, 'bench-data');
  const redis = noRedis ? null : await startRedis('--appendfsync', 'everysec');
  const lines = ['| materialise | ours | Feast | times ours |', '| --- | ---: | ---: | ---: |'];
  try {
    const { stack } = await dev();
    // The larger first: what is asked online then is the smaller.
    for (const keys of quick ? [100_000] : [1_000_000, 100_000])
      for (const kind of ['LMDB / SQLite', ...(redis ? ['Redis'] : [])]) {
        rmSync(data, { recursive: true, force: true });
        rmSync(join(root, 'online'), { recursive: true, force: true });
        redis?.cli('flushall');
        mkdirSync(data, { recursive: true });
        await writeFeatureTables(data, { views: 1, features: 5, rows: keys, keys, entities: 1 });
        writeDefinitions(data, { views: 1, features: 5 });
        const place = kind === 'Redis' && redis ? redis.url : `lmdb:${join(root, 'online')}`;
        console.error(`materialise ${keys.toLocaleString('en-US')}, ${kind} …`);
        const begun = performance.now();
        await ratchet(
          'features',
          'materialize',
          '--definitions',
          join(data, 'features.ts'),
          '--store',
          place,
          '--json',
        );
        const mine: Answer = { ms: [performance.now() - begun], peakMb: 0, answer: keys };
        redis?.cli('flushall');
        const theirs =
          python && (await feast(python, 'materialize', data, kind === 'Redis' && redis ? redis.url : 'sqlite'));
        lines.push(
          `| ${keys.toLocaleString('en-US')}, ${kind} | ${seconds(middle(mine))} s | ${theirs ? `${seconds(middle(theirs))} s` : '–'} | ${ratio(theirs, mine)} |`,
        );
      }
    lines.push('', ...(await answers(data, redis?.url ?? null, python, quick)));
    await stack.stop();
    return lines;
  } finally {
    await redis?.close();
    await stopStack(root);
  }
}

async function ratchet(...words: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [...command().words, ...words], {
    cwd: root,
    env: { ...process.env, RATCHET_ROOT: root },
    maxBuffer: 2 ** 26,
  });
}

const loads: Load[] = [
  { clients: 1, rows: 1, requests: 2_000 },
  { clients: 32, rows: 1, requests: 5_000 },
  { clients: 1, rows: 100, requests: 500 },
  { clients: 32, rows: 100, requests: 1_000 },
];

/** 100,000 entities are in Feast's stores of the last materialisation; ours are filled again. */
async function answers(data: string, redis: string | null, python: Python, quick: boolean): Promise<string[]> {
  const lines = [
    '| online | ours p50 / p99 | a second | Feast p50 / p99 | a second | p99 times ours |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
  ];
  for (const place of ['lmdb', ...(redis ? ['redis'] : [])]) {
    const mine = place === 'redis' && redis ? redis : `lmdb:${join(root, 'online')}`;
    const theirs = place === 'redis' && redis ? redis : 'sqlite';
    if (python) await feast(python, 'materialize', data, theirs);
    await ratchet(
      'features',
      'materialize',
      '--all',
      '--definitions',
      join(data, 'features.ts'),
      '--store',
      mine,
      '--json',
    );
    const name = place === 'redis' ? 'Redis' : 'LMDB / SQLite';
    for (const rows of [1, 100]) {
      const calls = quick ? 200 : 1_000;
      // The LMDB of the project is where the worker writes: its folder is given.
      const own = await ours(
        'online',
        root,
        { views: 1, features: 5, rows: 0, keys: 0, entities: 0 },
        calls * 5,
        String(rows),
        place === 'redis' ? mine : '',
      );
      const other = python && (await feast(python, 'online', data, theirs, String(rows), String(calls)));
      lines.push(row(`in process, ${rows} of ${name}`, sorted(own), other && sorted(other)));
    }
    const server = await serving(
      [
        ...command().words,
        'features',
        'serve',
        '--samples',
        'off',
        '--definitions',
        join(data, 'features.ts'),
        '--store',
        mine,
      ],
      process.execPath,
    );
    const own = await asked(server);
    const other =
      python &&
      (await asked(
        await serving(
          ['-W', 'ignore', here('./features/feast_bench.py'), 'serve', data, theirs],
          python.python,
          environmentVariables(python),
        ),
      ));
    for (const [index, { clients, rows }] of loads.entries())
      lines.push(
        row(`HTTP, ${clients} client${clients > 1 ? 's' : ''}, ${rows} of ${name}`, own[index], other?.[index] ?? null),
      );
  }
  return lines;
}

const sorted = ({ ms }: Answer): Loaded => ({
  ms: [...ms].sort((a, b) => a - b),
  perSecond: (ms.length / ms.reduce((sum, one) => sum + one, 0)) * 1_000,
});

const figure = (ms: number) => (ms < 1 ? `${(ms * 1_000).toFixed(0)} µs` : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`);

function row(name: string, mine: Loaded | undefined, theirs: Loaded | null): string {
  const told = (one: Loaded | null | undefined) =>
    one
      ? [`${figure(quantile(one.ms, 0.5))} / ${figure(quantile(one.ms, 0.99))}`, one.perSecond.toFixed(0)]
      : ['–', '–'];
  const times = mine && theirs ? `${(quantile(theirs.ms, 0.99) / quantile(mine.ms, 0.99)).toFixed(1)}×` : '–';
  return `| ${[name, ...told(mine), ...told(theirs), times].join(' | ')} |`;
}

interface Serving {
  readonly url: string;
  end(): Promise<void>;
}

/** A feature server of either side, until it answers. */
async function serving(
  words: readonly string[],
  program: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Serving> {
  const port = await freePort();
  const ofOurs = program === process.execPath;
  const child = spawn(program, [...words, ...(ofOurs ? ['--port'] : []), String(port)], {
    cwd: root,
    env: { ...env, RATCHET_ROOT: root },
    stdio: ['ignore', 'ignore', 'inherit'],
    // Feast's server has children.
    detached: true,
  });
  const url = `http://127.0.0.1:${port}`;
  const until = performance.now() + 60_000;
  while (
    !(await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (performance.now() > until || child.exitCode !== null) throw new Error(`${words[0]} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    end: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.pid) process.kill(-child.pid, 'SIGTERM');
      await ended;
    },
  };
}

async function asked(server: Serving): Promise<Loaded[]> {
  try {
    // V8 compiles what is called often: the first thousands are not what a server does all day. Feast is asked as often.
    await load(server.url, { clients: 1, rows: 1, requests: 3_000 });
    const all: Loaded[] = [];
    for (const one of loads) all.push(await load(server.url, one));
    return all;
  } finally {
    await server.end();
  }
}
