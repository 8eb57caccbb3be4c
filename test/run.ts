/**
 * `npm test`: runs the layers one after another, goes on after a red one so that all failures are seen, and closes
 * with one line, `N passed, N failed`, that counts every test and every check.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Count {
  passed: number;
  failed: number;
}
const checks: Record<string, string[]> = {
  types: ['tsc', '-p', '.'],
  'format and lint': ['biome', 'check', '--diagnostic-level=error', '.'],
  'unused code': ['knip'],
};

function runCheck(name: string, command: string[]): Count {
  console.log(`\n── ${name}: ${command.join(' ')}`);
  const { status } = spawnSync('npx', ['--no-install', ...command], { stdio: 'inherit' });
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function runLayer(layer: string): Count {
  console.log(`\n── ${layer}`);
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-test-'));
  const file = join(folder, 'results.json');
  const { status } = spawnSync(
    'npx',
    [
      '--no-install',
      'vitest',
      'run',
      '--project',
      layer,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    { stdio: 'inherit' },
  );
  try {
    const { numPassedTests: passed, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(file, 'utf8'));
    // A file that cannot be loaded, or an error outside of any test, fails the layer too.
    const failed = numFailedTests || (status === 0 ? 0 : Math.max(1, numFailedTestSuites));
    return { passed, failed };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const wanted = process.argv.slice(2);
const counts = wanted.flatMap((layer) =>
  layer === 'check' ? Object.entries(checks).map(([name, command]) => runCheck(name, command)) : [runLayer(layer)],
);
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
