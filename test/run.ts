/**
 * `npm test`: runs the layers one after another, goes on after a red one so that all failures are seen, tells every
 * failure once more at its end, and closes with one line, `N passed, N failed`, that counts every test and check.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Count {
  passed: number;
  failed: number;
  /** What failed and why, a text each. */
  failures: string[];
}

/** What is read of the file that vitest's JSON reporter writes. */
interface Results {
  numPassedTests: number;
  numFailedTests: number;
  numFailedTestSuites: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}
const checks: Record<string, string[]> = {
  types: ['tsc', '-p', '.'],
  'format and lint': ['biome', 'check', '--diagnostic-level=error', '.'],
  'unused code': ['knip'],
};

function runCheck(name: string, command: string[]): Count {
  console.log(`\n── ${name}: ${command.join(' ')}`);
  const { status } = spawnSync('npx', ['--no-install', ...command], { stdio: 'inherit' });
  return status === 0 ? { passed: 1, failed: 0, failures: [] } : { passed: 0, failed: 1, failures: [name] };
}

/** The message with the place in the test, without the frames of libraries. */
const brief = (message: string) => message.split('\n').slice(0, 30).join('\n');

function failuresOf({ testResults }: Results): string[] {
  return testResults
    .filter(({ status }) => status !== 'passed')
    .flatMap(({ name, message, assertionResults }) => {
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      const tests = failed.map((test) => `${name} > ${test.fullName}\n${brief(test.failureMessages.join('\n'))}`);
      return tests.length > 0 ? tests : [`${name}\n${brief(message)}`];
    });
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
    const results: Results = JSON.parse(readFileSync(file, 'utf8'));
    const { numPassedTests: passed, numFailedTests, numFailedTestSuites } = results;
    // A file that cannot be loaded, or an error outside of any test, fails the layer too.
    const failed = numFailedTests || (status === 0 ? 0 : Math.max(1, numFailedTestSuites));
    const failures = failuresOf(results);
    return {
      passed,
      failed,
      failures: failed > 0 && failures.length === 0 ? [`${layer}: an error outside of any test`] : failures,
    };
  } catch {
    return { passed: 0, failed: 1, failures: [`${layer}: ended without results`] };
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
for (const failure of counts.flatMap(({ failures }) => failures)) console.log(`\nFAILED ${failure}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
