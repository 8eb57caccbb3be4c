/** What became of layers, checks and files, and what is said of it: pure. */

export interface Count {
  passed: number;
  failed: number;
  /** What failed and why, a text each. */
  failures: string[];
}

/** One file of tests. */
export interface FileOutcome extends Count {
  file: string;
}

/** What is read of the file that vitest's JSON reporter writes. */
export interface Results {
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

/** The message with the place in the test, without the frames of libraries. */
const brief = (message: string) => message.split('\n').slice(0, 30).join('\n');

/** A file that could not be loaded counts as one failure. */
export function filesOf({ testResults }: Results): FileOutcome[] {
  return testResults.map(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    const failures = failed.map((test) => `${name} > ${test.fullName}\n${brief(test.failureMessages.join('\n'))}`);
    if (status !== 'passed' && failures.length === 0) failures.push(`${name}\n${brief(message)}`);
    const passed = assertionResults.filter((test) => test.status === 'passed').length;
    return { file: name, passed, failed: failures.length, failures };
  });
}

/** @param clean whether the process ended as a green one does: an error outside of any test makes it end otherwise */
export function layerCount(layer: string, files: readonly FileOutcome[], clean: boolean): Count {
  const count = total(files);
  if (clean || count.failed > 0) return count;
  return { ...count, failed: 1, failures: [`${layer}: an error outside of any test`] };
}

export function total(counts: readonly Count[]): Count {
  return {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
    failures: counts.flatMap(({ failures }) => failures),
  };
}

/** Minutes since the run began, when no file is begun any more, and when one that still runs is ended. */
export interface Time {
  elapsed: number;
  budget: number;
  end: number;
}

/** Why a slow layer is not begun; null when it is. */
export function layerLeftOut(layer: { name: string; lacks: readonly string[] }, fastFailed: number): string | null {
  if (fastFailed > 0)
    return `${layer.name} was not run: the fast layers come first, and ${fastFailed} of their tests failed`;
  if (layer.lacks.length > 0) return `${layer.name} was not run: this machine lacks ${layer.lacks.join(', ')}`;
  return null;
}

/** Why a file of a slow layer is not begun; null when it is. @param minutes that a file of its layer takes at most */
export function fileLeftOut(file: string, minutes: number, { elapsed, budget }: Time): string | null {
  if (elapsed + minutes <= budget) return null;
  return `${file} was not run: it may take ${minutes} minutes, and ${Math.max(0, Math.floor(budget - elapsed))} of ${budget} are left`;
}

/** What one run of a file came to; null: it was ended, because the time was over. */
export type Attempt = FileOutcome | null;

/**
 * A file of a slow layer, run once more when it failed and there is time for it. What failed the first time only counts as
 * passed, and is told apart.
 * @param run the file, alone
 */
export function runFile(
  file: string,
  minutes: number,
  run: () => Attempt,
  time: () => Time,
): { count: Count; failedOnce: string[]; notRun: string[] } {
  const none: Count = { passed: 0, failed: 0, failures: [] };
  const reason = fileLeftOut(file, minutes, time());
  if (reason) return { count: none, failedOnce: [], notRun: [reason] };
  const first = run();
  if (!first) return { count: none, failedOnce: [], notRun: [`${file} was not run to its end: the time was over`] };
  const { elapsed, end } = time();
  if (first.failed === 0 || elapsed + minutes > end) return { count: first, failedOnce: [], notRun: [] };
  // Cut off the second time: the first one counts.
  const second = run() ?? first;
  return { count: second, failedOnce: second.failed === 0 ? first.failures : [], notRun: [] };
}

/**
 * All files of a slow layer side by side; those that failed are run once more, as in `runFile`.
 * @param run these files, or without any all of the layer; null: it was ended, because the time was over
 * @param minutes that all of them take at most
 */
export function runTogether(
  layer: string,
  minutes: number,
  run: (files: readonly string[]) => FileOutcome[] | null,
  time: () => Time,
): { count: Count; failedOnce: string[]; notRun: string[] } {
  const none: Count = { passed: 0, failed: 0, failures: [] };
  const reason = fileLeftOut(layer, minutes, time());
  if (reason) return { count: none, failedOnce: [], notRun: [reason] };
  const first = run([]);
  if (!first) return { count: none, failedOnce: [], notRun: [`${layer} was not run to its end: the time was over`] };
  const red = first.filter(({ failed }) => failed > 0);
  const { elapsed, end } = time();
  const again = red.length === 0 || elapsed + minutes > end ? null : run(red.map(({ file }) => file));
  if (!again) return { count: total(first), failedOnce: [], notRun: [] };
  const second = red.map((before) => again.find(({ file }) => file === before.file) ?? before);
  const outside = again.filter(({ file }) => !red.some((before) => before.file === file));
  return {
    count: total([...first.filter(({ failed }) => failed === 0), ...second, ...outside]),
    failedOnce: red.flatMap(({ failures }, n) => (second[n]?.failed === 0 ? failures : [])),
    notRun: [],
  };
}
