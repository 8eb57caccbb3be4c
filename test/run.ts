/**
 * `npm test`: runs the layers one after another, goes on after a red one so that all failures are seen, tells every
 * failure once more at its end, and closes with one line, `N passed, N failed`, that counts every test and check.
 *
 * `npm test -- --then pages slow …` goes on with slow layers when the fast ones are green, while the time lasts. In those,
 * and only there, a file that fails is run once more alone; what failed only the first time is told under "failed once".
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterSecondRun, type Count, type FileOutcome, filesOf, layerCount, leftOut, total } from './run/outcome.ts';

/** From the beginning on, minutes: slow layers that would not end before are left out. */
const BUDGET = 55;

/** How long a layer takes on two quiet cores, minutes, and the programs that it needs beside Node, npm and Python. */
const slowLayers: Record<string, { minutes: number; needs: readonly string[] }> = {
  pages: { minutes: 2, needs: ['chromium'] },
  slow: { minutes: 4, needs: [] },
  fuzz: { minutes: 3, needs: [] },
  chaos: { minutes: 15, needs: [] },
  e2e: { minutes: 16, needs: ['chromium', 'prometheus-alertmanager'] },
};

const checks: Record<string, string[]> = {
  types: ['tsc', '-p', '.'],
  'format and lint': ['biome', 'check', '--diagnostic-level=error', '.'],
  'unused code': ['knip'],
};

const began = Date.now();
const elapsed = () => (Date.now() - began) / 60_000;

function runCheck(name: string, command: string[]): Count {
  console.log(`\n── ${name}: ${command.join(' ')}`);
  const { status } = spawnSync('npx', ['--no-install', ...command], { stdio: 'inherit' });
  return status === 0 ? { passed: 1, failed: 0, failures: [] } : { passed: 0, failed: 1, failures: [name] };
}

/** @param only a file of the layer; all of them without one */
function runVitest(layer: string, only: readonly string[] = []): { files: FileOutcome[]; clean: boolean } {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-test-'));
  const file = join(folder, 'results.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { status } = spawnSync('npx', ['--no-install', 'vitest', 'run', '--project', layer, ...reporters, ...only], {
    stdio: 'inherit',
  });
  try {
    return { files: filesOf(JSON.parse(readFileSync(file, 'utf8'))), clean: status === 0 };
  } catch {
    return { files: [], clean: false };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runLayer(layer: string): Count {
  console.log(`\n── ${layer}`);
  const { files, clean } = runVitest(layer);
  return layerCount(layer, files, clean);
}

function runSlowLayer(layer: string): { count: Count; failedOnce: string[] } {
  console.log(`\n── ${layer}`);
  const first = runVitest(layer);
  const again = first.files.filter(({ failed }) => failed > 0).map(({ file }) => file);
  const second = new Map<string, FileOutcome>();
  for (const file of again) {
    console.log(`\n── ${layer}, once more: ${file}`);
    const { files, clean } = runVitest(layer, [file]);
    const [outcome] = files;
    if (outcome && (clean || outcome.failed > 0)) second.set(file, outcome);
  }
  const { files, failedOnce } = afterSecondRun(first.files, second);
  return { count: layerCount(layer, files, first.clean || again.length > 0), failedOnce };
}

const onPath = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

const wanted = process.argv.slice(2);
const cut = wanted.includes('--then') ? wanted.indexOf('--then') : wanted.length;
const [fast, slow] = [wanted.slice(0, cut), wanted.slice(cut + 1)];
const unknown = slow.find((layer) => !Object.hasOwn(slowLayers, layer));
if (unknown) throw new Error(`there is no slow layer ${unknown}; there are ${Object.keys(slowLayers).join(', ')}`);

const counts = fast.flatMap((layer) =>
  layer === 'check' ? Object.entries(checks).map(([name, command]) => runCheck(name, command)) : [runLayer(layer)],
);
const fastFailed = total(counts).failed;
const failedOnce: string[] = [];
const notRun: string[] = [];
for (const name of slow) {
  const { minutes, needs } = slowLayers[name] ?? { minutes: 0, needs: [] };
  const lacks = needs.filter((program) => !onPath(program));
  const reason = leftOut({ name, minutes, lacks }, { elapsed: elapsed(), budget: BUDGET }, fastFailed);
  if (reason) {
    notRun.push(reason);
    continue;
  }
  const outcome = runSlowLayer(name);
  counts.push(outcome.count);
  failedOnce.push(...outcome.failedOnce);
  console.log(`\n${name} ended after ${elapsed().toFixed(1)} minutes`);
}
const { passed, failed, failures } = total(counts);
for (const reason of notRun) console.log(`\nNOT RUN ${reason}`);
for (const failure of failedOnce) console.log(`\nfailed once: ${failure}`);
for (const failure of failures) console.log(`\nFAILED ${failure}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
