/**
 * `npm test`: runs the layers one after another, goes on after a red one so that all failures are seen, tells every
 * failure once more at its end, and closes with one line, `N passed, N failed`, that counts every test and check.
 *
 * `npm test -- --then pages slow …` goes on with slow layers when the fast ones are green, file by file, while the time
 * lasts (`effects`, `trainers` and `tables` all files side by side). In those, and only there, a file that fails is run once more; what failed only the first time is told under "failed
 * once".
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { globSync } from 'tinyglobby';
import {
  type Attempt,
  type Count,
  type FileOutcome,
  filesOf,
  layerCount,
  layerLeftOut,
  runFile,
  runTogether,
  total,
} from './run/outcome.ts';

/** Minutes from the beginning on: until when files of slow layers are begun, and when one that still runs is ended. */
const BUDGET = 55;
const END = 59;

/**
 * What a file of a layer takes at most on two quiet cores, minutes, and the programs it needs beside Node, npm and Python.
 * Files of a layer that is `together` run side by side, as those of the fast ones do, and the minutes are those of all of them.
 */
const slowLayers: Record<string, { minutes: number; needs: readonly string[]; together?: boolean }> = {
  effects: { minutes: 8, needs: [], together: true },
  trainers: { minutes: 6, needs: [], together: true },
  tables: { minutes: 5, needs: [], together: true },
  pages: { minutes: 2, needs: ['chromium'] },
  slow: { minutes: 5, needs: [] },
  fuzz: { minutes: 3, needs: [] },
  chaos: { minutes: 10, needs: [] },
  e2e: { minutes: 5, needs: ['chromium', 'prometheus-alertmanager'] },
};

/** Two at a time, those that take longest first. */
const checks: Record<string, string[]> = {
  types: ['tsc', '-p', '.'],
  'package: publint, attw, API reports': ['tsx', 'ops/package/check.ts'],
  'format and lint': ['biome', 'check', '--diagnostic-level=error', '.'],
  'unused code': ['knip'],
  'exported for tests alone': ['knip', '--production'],
};

/** What came before, such as the installation, is part of the time: seconds of the epoch. */
const began = Number(process.env.RATCHET_TEST_BEGAN) * 1_000 || Date.now();
const elapsed = () => (Date.now() - began) / 60_000;
const time = () => ({ elapsed: elapsed(), budget: BUDGET, end: END });

/** What it prints is told as a whole, for another runs beside it. */
async function runCheck(name: string, command: string[]): Promise<Count> {
  const began = Date.now();
  const run = spawn('npx', ['--no-install', ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  const words: Buffer[] = [];
  for (const stream of [run.stdout, run.stderr]) stream.on('data', (chunk: Buffer) => words.push(chunk));
  const [status] = (await once(run, 'close')) as [number | null];
  console.log(`\n── ${name}: ${command.join(' ')}, ${((Date.now() - began) / 1_000).toFixed(1)} s`);
  process.stdout.write(Buffer.concat(words));
  return status === 0 ? { passed: 1, failed: 0, failures: [] } : { passed: 0, failed: 1, failures: [name] };
}

async function runChecks(): Promise<Count[]> {
  const left = Object.entries(checks);
  const counts: Count[] = [];
  const lane = async () => {
    for (let next = left.shift(); next; next = left.shift()) counts.push(await runCheck(...next));
  };
  await Promise.all([lane(), lane()]);
  return counts;
}

/** `workflows+integration` are two layers side by side: what the one waits for leaves the cores to the other. */
const projectsOf = (layer: string) => layer.split('+').map((project) => `--project=${project}`);

/**
 * @param only a file of the layer; all of them without one
 * @param limit milliseconds after which it is ended
 */
function runVitest(
  layer: string,
  { only = [], limit }: { only?: readonly string[]; limit?: number } = {},
): { files: FileOutcome[]; clean: boolean; cut: boolean } {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-test-'));
  const file = join(folder, 'results.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  // Not by way of npx, which would not hand on the signal that ends it.
  const { status, error } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...projectsOf(layer), ...reporters, ...only],
    { stdio: 'inherit', ...(limit === undefined ? {} : { timeout: Math.ceil(limit) }) },
  );
  const cut = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
  try {
    return { files: filesOf(JSON.parse(readFileSync(file, 'utf8'))), clean: status === 0, cut };
  } catch {
    return { files: [], clean: false, cut };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runLayer(layer: string): Count {
  console.log(`\n── ${layer}`);
  const { files, clean } = runVitest(layer);
  return layerCount(layer, files, clean);
}

/** One run of a file of a slow layer. */
function attempt(layer: string, file: string): Attempt {
  console.log(`\n── ${file}, after ${elapsed().toFixed(1)} minutes`);
  const { files, clean, cut } = runVitest(layer, { only: [file], limit: Math.max(1, END - elapsed()) * 60_000 });
  return cut ? null : { file, ...layerCount(file, files, clean) };
}

/** Files of a slow layer side by side, or all of them; an error outside of any test is told as a file of the layer's name. */
function attemptTogether(layer: string, only: readonly string[]): FileOutcome[] | null {
  console.log(
    `\n── ${layer}${only.length > 0 ? `, again ${only.length} of its files` : ''}, after ${elapsed().toFixed(1)} minutes`,
  );
  const { files, clean, cut } = runVitest(layer, { only, limit: Math.max(1, END - elapsed()) * 60_000 });
  if (cut) return null;
  const { failed } = total(files);
  const count = layerCount(layer, files, clean);
  return count.failed === failed ? files : [...files, { file: layer, passed: 0, failed: 1, failures: count.failures }];
}

const onPath = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

const wanted = process.argv.slice(2);
const cut = wanted.includes('--then') ? wanted.indexOf('--then') : wanted.length;
const [fast, slow] = [wanted.slice(0, cut), wanted.slice(cut + 1)];
const unknown = slow.find((layer) => !Object.hasOwn(slowLayers, layer));
if (unknown) throw new Error(`there is no slow layer ${unknown}; there are ${Object.keys(slowLayers).join(', ')}`);

const counts: Count[] = [];
for (const layer of fast) counts.push(...(layer === 'check' ? await runChecks() : [runLayer(layer)]));
const fastFailed = total(counts).failed;
const failedOnce: string[] = [];
const notRun: string[] = [];
for (const name of slow) {
  const { minutes, needs, together } = slowLayers[name] ?? { minutes: 0, needs: [], together: false };
  const lacks = needs.filter((program) => !onPath(program));
  const reason = layerLeftOut({ name, lacks }, fastFailed);
  if (reason) {
    notRun.push(reason);
    continue;
  }
  const outcomes = together
    ? [runTogether(name, minutes, (files) => attemptTogether(name, files), time)]
    : globSync(`test/${name}/**/*.test.ts`)
        .sort()
        .map((file) => runFile(file, minutes, () => attempt(name, file), time));
  for (const outcome of outcomes) {
    counts.push(outcome.count);
    failedOnce.push(...outcome.failedOnce);
    notRun.push(...outcome.notRun);
  }
}
const { passed, failed, failures } = total(counts);
for (const reason of notRun) console.log(`\nNOT RUN ${reason}`);
if (failedOnce.length > 0) console.log(`\nfailed once:\n${failedOnce.join('\n\n')}`);
for (const failure of failures) console.log(`\nFAILED ${failure}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
