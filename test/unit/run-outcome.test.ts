import { describe, expect, it } from 'vitest';
import { type FileOutcome, fileLeftOut, filesOf, layerCount, layerLeftOut, runFile, total } from '../run/outcome.ts';

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

  it('leaves a slow layer out with the reason', () => {
    expect(layerLeftOut({ name: 'e2e', lacks: [] }, 0)).toBeNull();
    expect(layerLeftOut({ name: 'e2e', lacks: ['chromium'] }, 0)).toContain('lacks chromium');
    expect(layerLeftOut({ name: 'e2e', lacks: [] }, 2)).toContain('the fast layers come first');
  });

  it('begins no file that may not end in time', () => {
    expect(fileLeftOut('a', 5, { elapsed: 50, budget: 55, end: 59 })).toBeNull();
    expect(fileLeftOut('a', 6, { elapsed: 50, budget: 55, end: 59 })).toBe(
      'a was not run: it may take 6 minutes, and 5 of 55 are left',
    );
  });
});

describe('a file of a slow layer', () => {
  const green: FileOutcome = { file: 'a', passed: 2, failed: 0, failures: [] };
  const red: FileOutcome = { file: 'a', passed: 1, failed: 1, failures: ['a > b'] };
  /** What comes of the runs that `outcomes` name, each of which takes 5 minutes from minute `from` on. */
  function file(from: number, ...outcomes: (FileOutcome | null)[]) {
    let elapsed = from;
    let runs = 0;
    const run = () => {
      elapsed += 5;
      return outcomes[runs++] ?? null;
    };
    return { ...runFile('a', 5, run, () => ({ elapsed, budget: 55, end: 59 })), runs };
  }

  it('is run once when it is green, and no third time', () => {
    expect(file(0, green)).toMatchObject({ runs: 1, count: { passed: 2, failed: 0 }, failedOnce: [], notRun: [] });
    expect(file(0, red, red, green)).toMatchObject({ runs: 2, count: { passed: 1, failed: 1 }, failedOnce: [] });
  });

  it('counts as it ended the second time, and what failed the first time only is told', () => {
    expect(file(0, red, green)).toMatchObject({ runs: 2, count: { passed: 2, failed: 0 }, failedOnce: ['a > b'] });
  });

  it('is told as not run when it would not end in time, or was ended', () => {
    expect(file(51, green)).toMatchObject({ runs: 0, count: { passed: 0, failed: 0 }, notRun: [expect.any(String)] });
    expect(file(0, null)).toMatchObject({ runs: 1, notRun: ['a was not run to its end: the time was over'] });
  });

  it('stays failed when there is no time for a second run, or that one is ended', () => {
    expect(file(50, red, green)).toMatchObject({ runs: 1, count: { failed: 1, failures: ['a > b'] }, failedOnce: [] });
    expect(file(0, red, null)).toMatchObject({ runs: 2, count: { failed: 1 }, failedOnce: [] });
  });
});
