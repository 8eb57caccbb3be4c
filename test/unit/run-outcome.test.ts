import { describe, expect, it } from 'vitest';
import {
  type FileOutcome,
  fileLeftOut,
  filesOf,
  layerCount,
  layerLeftOut,
  runFile,
  runTogether,
  total,
} from '../run/outcome.ts';

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

describe('a slow layer whose files run side by side', () => {
  const green = (file: string): FileOutcome => ({ file, passed: 2, failed: 0, failures: [] });
  const red = (file: string): FileOutcome => ({ file, passed: 1, failed: 1, failures: [`${file} > t`] });
  /** What comes of its runs, each of which takes 12 minutes from minute `from` on. */
  function layer(from: number, ...outcomes: (FileOutcome[] | null)[]) {
    let elapsed = from;
    const asked: (readonly string[])[] = [];
    const run = (files: readonly string[]) => {
      elapsed += 12;
      asked.push(files);
      return outcomes[asked.length - 1] ?? null;
    };
    return { ...runTogether('effects', 12, run, () => ({ elapsed, budget: 55, end: 59 })), asked };
  }

  it('is run once when it is green', () => {
    expect(layer(0, [green('a'), green('b')])).toMatchObject({ asked: [[]], count: { passed: 4, failed: 0 } });
  });

  it('has its red files run once more, and those alone', () => {
    const told = layer(0, [green('a'), red('b'), red('c')], [green('b'), red('c')]);
    expect(told.asked).toEqual([[], ['b', 'c']]);
    expect(told).toMatchObject({ count: { passed: 5, failed: 1, failures: ['c > t'] }, failedOnce: ['b > t'] });
  });

  it('stays red by an error outside of any test the second time, and where a file did not come again', () => {
    const outside = { file: 'effects', passed: 0, failed: 1, failures: ['effects: an error outside of any test'] };
    expect(layer(0, [red('a')], [green('a'), outside])).toMatchObject({ count: { passed: 2, failed: 1 } });
    expect(layer(0, [red('a'), red('b')], [green('b')])).toMatchObject({ count: { passed: 3, failed: 1 } });
  });

  it('is told as not run when it would not end in time or was ended, and stays red without time for a second run', () => {
    expect(layer(44, [green('a')])).toMatchObject({
      asked: [],
      notRun: [expect.stringContaining('effects was not run')],
    });
    expect(layer(0, null)).toMatchObject({ notRun: ['effects was not run to its end: the time was over'] });
    expect(layer(40, [red('a')], [green('a')])).toMatchObject({ asked: [[]], count: { failed: 1 }, failedOnce: [] });
  });
});
