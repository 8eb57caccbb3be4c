import { describe, expect, it } from 'vitest';
import { afterSecondRun, filesOf, layerCount, leftOut, total } from '../run/outcome.ts';

const results = (...files: [name: string, statuses: string[], message?: string][]) => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numFailedTestSuites: 0,
  testResults: files.map(([name, statuses, message = '']) => ({
    name,
    status: message !== '' || statuses.includes('failed') ? 'failed' : 'passed',
    message,
    assertionResults: statuses.map((status, n) => ({
      fullName: `test ${n}`,
      status,
      failureMessages: status === 'failed' ? ['expected 1 to be 2'] : [],
    })),
  })),
});

describe('a run of tests', () => {
  it('counts what passed and failed, file by file', () => {
    const files = filesOf(results(['a', ['passed', 'failed', 'skipped']], ['b', ['passed']]));
    expect(files).toMatchObject([
      { file: 'a', passed: 1, failed: 1, failures: ['a > test 1\nexpected 1 to be 2'] },
      { file: 'b', passed: 1, failed: 0 },
    ]);
    expect(total(files)).toMatchObject({ passed: 2, failed: 1 });
  });

  it('fails for a file that cannot be loaded, an error outside of any test, and a process without results', () => {
    expect(filesOf(results(['a', [], 'SyntaxError']))).toMatchObject([{ failed: 1, failures: ['a\nSyntaxError'] }]);
    expect(layerCount('unit', filesOf(results(['a', ['passed']])), false)).toMatchObject({ passed: 1, failed: 1 });
    expect(layerCount('unit', [], false)).toMatchObject({ passed: 0, failed: 1 });
    expect(layerCount('unit', filesOf(results(['a', ['passed']])), true)).toMatchObject({ passed: 1, failed: 0 });
  });

  it('counts a file of a slow layer as it ended the second time, and tells what failed the first', () => {
    const first = filesOf(results(['a', ['failed', 'passed']], ['b', ['failed']], ['c', ['passed']]));
    const [a, b] = filesOf(results(['a', ['passed', 'passed']], ['b', ['failed']]));
    const { files, failedOnce } = afterSecondRun(
      first,
      new Map([
        ['a', a],
        ['b', b],
      ] as [string, NonNullable<typeof a>][]),
    );
    expect(total(files)).toMatchObject({ passed: 3, failed: 1, failures: ['b > test 0\nexpected 1 to be 2'] });
    expect(failedOnce).toEqual(['a > test 0\nexpected 1 to be 2']);
    // Nothing came of the second run: the first one counts.
    expect(total(afterSecondRun(first, new Map()).files).failed).toBe(2);
  });

  it('leaves a slow layer out with the reason', () => {
    const e2e = { name: 'e2e', minutes: 16, lacks: [] };
    expect(leftOut(e2e, { elapsed: 30, budget: 55 }, 0)).toBeNull();
    expect(leftOut(e2e, { elapsed: 45, budget: 55 }, 0)).toBe(
      'e2e was not run: it takes about 16 minutes, and 10 of 55 are left',
    );
    expect(leftOut({ ...e2e, lacks: ['chromium'] }, { elapsed: 0, budget: 55 }, 0)).toContain('lacks chromium');
    expect(leftOut(e2e, { elapsed: 0, budget: 55 }, 2)).toContain('the fast layers come first');
  });
});
