/** Data versions and pipelines of commands, beside DVC and Oxen: commands as users type them, their start included. */
import { randomFillSync } from 'node:crypto';
import { closeSync, cpSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';
import withServers from '../setup/python-environment.ts';
import { inFolder, type Options, peerPython, tell } from './beside-peers.ts';
import { type Timed, timed } from './data/timed.ts';
import { command } from './drift/run.ts';
import { inWords, spread } from './figures.ts';
import { machine } from './machine.ts';

type Act = 'init' | 'add' | 'status' | 'push' | 'pull' | 'checkout' | 'repro';
interface Contender {
  readonly name: string;
  /** The words of a command; null: it has none for it. */
  words(act: Act): string[] | null;
}
/** What is known of it is looked at by time: not within the clock's tick. */
const SETTLED_MS = 3_000;
const root = fileURLToPath(new URL('../..', import.meta.url));

export async function data({ quick, peers }: Options): Promise<void> {
  const before = machine();
  const contenders = await all(peers);
  await withServers();
  const store = await startObjectStore();
  const rows: string[] = [];
  try {
    await inFolder(async (folder) => {
      const run = new Bench(folder, contenders, store, quick ? 1 : 3, (row) => {
        rows.push(row);
        console.error(row);
      });
      await run.files(10_000, 'every');
      if (!quick) await run.files(100_000, 'local');
      await run.large(quick ? 0.25 : 2);
      await run.pipeline();
    });
  } finally {
    await store.close();
  }
  tell('data', before, {
    title: 'Data bench',
    says: 'Median (least–most, repetitions) of the wall time of a command, its start included; then the most memory that it had. The ratio is of DVC’s time to ours. Goals: add ≥ 8, status ≥ 4, push and pull ≥ 4, a pipeline with nothing to do ≥ 5 and ≤ 0.4 s, one file of 100,000 < 1 s, memory ≤ 300 MiB.',
    table: [
      `| what | ${contenders.map(({ name }) => name).join(' | ')} | ratio | ours, MiB |`,
      `| --- | ${contenders.map(() => '--- |').join(' ')} ---: | ---: |`,
      ...rows,
    ],
  });
}

async function all(peers: boolean): Promise<Contender[]> {
  const ours: Contender = {
    name: 'Ratchet',
    words: (act) => {
      const own: Record<Act, string[]> = {
        ...{ init: ['data', 'init'], add: ['data', 'add', 'd'], status: ['data', 'status'], push: ['data', 'push'] },
        ...{ pull: ['data', 'pull'], checkout: ['data', 'checkout'], repro: ['repro', '--local'] },
      };
      return [process.execPath, ...command().words, ...own[act]];
    },
  };
  if (!peers) return [ours];
  const lock = fileURLToPath(new URL('../slow/dvc/requirements.lock', import.meta.url));
  const dvc = await ensurePythonEnvironment({ root, name: 'dvc', lock, progress: (line) => console.error(line) });
  const oxen = await peerPython('oxen');
  const program = fileURLToPath(new URL('./data/with_oxen.py', import.meta.url));
  return [
    ours,
    {
      name: 'DVC',
      words: (act) => {
        const own: Record<Act, string[]> = {
          ...{ init: ['init', '-q'], add: ['add', '-q', 'd'], status: ['status'], push: ['push', '-q'] },
          ...{ pull: ['pull', '-q'], checkout: ['checkout', '-q'], repro: ['repro', '-q'] },
        };
        return [join(dvc.bin, 'dvc'), ...own[act]];
      },
    },
    {
      name: 'Oxen',
      words: (act) => (['init', 'add', 'status'].includes(act) ? [join(oxen.bin, 'python'), program, act] : null),
    },
  ];
}

class Bench {
  readonly #folder: string;
  readonly #contenders: readonly Contender[];
  readonly #store: TestObjectStore;
  readonly #rounds: number;
  readonly #row: (row: string) => void;

  constructor(
    folder: string,
    contenders: readonly Contender[],
    store: TestObjectStore,
    rounds: number,
    row: (row: string) => void,
  ) {
    this.#folder = folder;
    this.#contenders = contenders;
    this.#store = store;
    this.#rounds = rounds;
    this.#row = row;
  }

  /** Files of 4 KiB. @param rows `local`: none that need a remote */
  async files(count: number, rows: 'every' | 'local'): Promise<void> {
    const source = join(this.#folder, `source-${count}`);
    const bytes = Buffer.alloc(4096);
    for (let at = 0; at < count; at += 1) {
      if (at < 1_000) mkdirSync(join(source, String(at % 1_000)), { recursive: true });
      writeFileSync(join(source, String(at % 1_000), String(at)), randomFillSync(bytes));
    }
    const name = `${count.toLocaleString('en')} files of 4 KiB`;
    await this.#inTurns(async (turn) => {
      await turn.begin(source);
      await turn.time(`add ${name}`, 'add');
      await delay(SETTLED_MS);
      await turn.time(`status of ${name}`, 'status');
      writeFileSync(join(turn.cwd, 'd', '7', '7'), `changed ${turn.round}`);
      await turn.time(`add again, one of ${name} changed`, 'add');
      if (rows === 'local' || !turn.can('push')) return;
      await turn.time(`push ${name} to S3`, 'push');
      rmSync(join(turn.cwd, '.dvc', 'cache'), { recursive: true, force: true });
      rmSync(join(turn.cwd, 'd'), { recursive: true });
      await turn.time(`pull ${name} from S3`, 'pull');
      rmSync(join(turn.cwd, 'd'), { recursive: true });
      await turn.time(`checkout ${name}`, 'checkout');
    });
    rmSync(source, { recursive: true });
  }

  /** One file of so many GiB. */
  async large(gib: number): Promise<void> {
    const source = join(this.#folder, 'source-large');
    mkdirSync(source);
    const file = openSync(join(source, 'a'), 'w');
    const bytes = Buffer.alloc(16 * 1024 * 1024);
    for (let at = 0; at < gib * 64; at += 1) writeSync(file, randomFillSync(bytes));
    closeSync(file);
    await this.#inTurns(async (turn) => {
      await turn.begin(source);
      await turn.time(`add one file of ${gib} GiB`, 'add');
    });
    rmSync(source, { recursive: true });
  }

  /** Seven stages in a row. */
  async pipeline(): Promise<void> {
    const source = join(this.#folder, 'source-pipeline');
    mkdirSync(source);
    writeFileSync(join(source, 'in'), 'in');
    const stage = (at: number) =>
      `  s${at}:\n    cmd: cp ${at === 1 ? 'd/in' : `out-${at - 1}`} out-${at}${at === 7 ? ' && echo ${n} >> out-7' : ''}\n    deps: [${at === 1 ? 'd/in' : `out-${at - 1}`}]\n${at === 7 ? '    params: [n]\n' : ''}    outs: [out-${at}]\n`;
    await this.#inTurns(async (turn) => {
      await turn.begin(source);
      if (!turn.can('repro')) return;
      writeFileSync(join(turn.cwd, 'params.yaml'), 'n: 1\n');
      writeFileSync(join(turn.cwd, 'dvc.yaml'), `stages:\n${[1, 2, 3, 4, 5, 6, 7].map(stage).join('')}`);
      await turn.time('repro of seven stages, all new', 'repro');
      await delay(SETTLED_MS);
      await turn.time('repro of seven stages, nothing to do', 'repro');
      writeFileSync(join(turn.cwd, 'params.yaml'), `n: ${turn.round + 2}\n`);
      await turn.time('repro of seven stages, a parameter of the last changed', 'repro');
    });
  }

  /** Each contender in a folder of its own, one after the other, so that whatever else the machine does hits all alike. */
  async #inTurns(work: (turn: Turn) => Promise<void>): Promise<void> {
    const figures = new Map<string, Map<string, Timed[]>>();
    for (let round = 0; round < this.#rounds; round += 1)
      for (const [at, contender] of this.#contenders.entries()) {
        const cwd = join(this.#folder, `turn-${round}-${at}`);
        const turn = new Turn(contender, cwd, round, this.#store, (what, figure) => {
          const own = figures.get(what) ?? new Map<string, Timed[]>();
          own.set(contender.name, [...(own.get(contender.name) ?? []), figure]);
          figures.set(what, own);
        });
        await work(turn);
        rmSync(cwd, { recursive: true, force: true });
      }
    for (const [what, own] of figures) {
      const of = (name: string) => spread((own.get(name) ?? []).map(({ ms }) => ms));
      const [us, dvc] = [of('Ratchet'), of('DVC')];
      const peaks = (own.get('Ratchet') ?? []).flatMap(({ peakMb }) => peakMb ?? []);
      const cells = this.#contenders.map(({ name }) => inWords(of(name)));
      const ratio = us && dvc ? `${(dvc.median / us.median).toFixed(1)}` : '–';
      const peak = peaks.length > 0 ? Math.max(...peaks).toFixed(0) : '–';
      this.#row(`| ${what} | ${cells.join(' | ')} | ${ratio} | ${peak} |`);
    }
  }
}

class Turn {
  readonly cwd: string;
  readonly round: number;
  readonly #contender: Contender;
  readonly #store: TestObjectStore;
  readonly #told: (what: string, figure: Timed) => void;

  constructor(
    contender: Contender,
    cwd: string,
    round: number,
    store: TestObjectStore,
    told: (what: string, figure: Timed) => void,
  ) {
    this.#contender = contender;
    this.cwd = cwd;
    this.round = round;
    this.#store = store;
    this.#told = told;
  }

  get #env(): NodeJS.ProcessEnv {
    const { endpoint, accessKeyId, secretAccessKey } = this.#store;
    return {
      ...{ ...process.env, DVC_NO_ANALYTICS: '1', HOME: this.cwd, RATCHET_ROOT: this.cwd, SHELL: '/bin/sh' },
      ...{ AWS_ENDPOINT_URL_S3: endpoint, AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1' },
      ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    };
  }

  can(act: Act): boolean {
    return this.#contender.words(act) !== null;
  }

  async begin(source: string): Promise<void> {
    mkdirSync(this.cwd);
    await timed(['git', 'init', '-q', '.'], this.cwd, this.#env);
    await timed(this.#contender.words('init') ?? [], this.cwd, this.#env);
    cpSync(source, join(this.cwd, 'd'), { recursive: true });
    if (!this.can('push')) return;
    const bucket = `bench-${this.#contender.name.toLowerCase()}-${this.round}-${process.pid}`;
    const store = createObjectStore({ ...this.#store, region: 'us-east-1', bucket, prefix: '' });
    await store.ensureBucket();
    await store.close();
    const url = `s3://${bucket}/${Date.now()}`;
    writeFileSync(
      join(this.cwd, '.dvc', 'config'),
      `[core]\n    remote = far\n['remote "far"']\n    url = ${url}\n    endpointurl = ${this.#store.endpoint}\n`,
    );
  }

  async time(what: string, act: Act): Promise<void> {
    const words = this.#contender.words(act);
    if (words) this.#told(what, await timed(words, this.cwd, this.#env));
  }
}
