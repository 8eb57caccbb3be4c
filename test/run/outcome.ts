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

/** Files that failed and then, run alone, did not: they count as they ended, and are told apart. */
export function afterSecondRun(
  first: readonly FileOutcome[],
  second: ReadonlyMap<string, FileOutcome>,
): { files: FileOutcome[]; failedOnce: string[] } {
  const files = first.map((each) => second.get(each.file) ?? each);
  const failedOnce = first.flatMap((each) => (second.get(each.file)?.failed === 0 ? each.failures : []));
  return { files, failedOnce };
}

export function total(counts: readonly Count[]): Count {
  return {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
    failures: counts.flatMap(({ failures }) => failures),
  };
}

/** Why a slow layer is not begun; null when it is. Minutes. */
export function leftOut(
  layer: { name: string; minutes: number; lacks: readonly string[] },
  time: { elapsed: number; budget: number },
  fastFailed: number,
): string | null {
  if (fastFailed > 0) return `${layer.name} was not run: the fast layers come first, and ${fastFailed} of them failed`;
  if (layer.lacks.length > 0) return `${layer.name} was not run: this machine lacks ${layer.lacks.join(', ')}`;
  if (time.elapsed + layer.minutes > time.budget)
    return `${layer.name} was not run: it takes about ${layer.minutes} minutes, and ${Math.max(0, Math.floor(time.budget - time.elapsed))} of ${time.budget} are left`;
  return null;
}
