/** What tests found, from their exit code and the JUnit XML that they wrote. */
import { createReadStream } from 'node:fs';
import { SaxesParser } from 'saxes';
import { UserError } from '#contracts/failures.ts';
import type { GateCheck } from '#contracts/gate-check.ts';

/** What a JUnit XML says, whoever wrote it: pytest, vitest, surefire. */
export interface TestReport {
  /** Test cases that were run; skipped ones were not. */
  readonly tests: number;
  readonly failed: number;
  /** The first failures, `suite name: message`, each on one line. */
  readonly failures: readonly string[];
}

/** Failures that are told one by one, and characters of each: together they are an output of a step. */
const TOLD = 50;
const CHARACTERS = 300;

/** pytest's code for "no tests were collected". */
const NO_TESTS = 5;

/**
 * Reads `<testcase>` elements wherever they are nested, with `<failure>`, `<error>` and `<skipped>` in them: the counts of
 * `<testsuite>` are left aside, for writers differ in what they count there. A stream: bounded memory, whatever the size. Entities that a document
 * defines for itself are refused by the parser.
 *
 * @throws UserError InvalidOutput for what is no XML, or has neither `<testsuites>` nor `<testsuite>` for its root.
 */
export async function readTestReport(path: string): Promise<TestReport> {
  const parser = new SaxesParser();
  const failures: string[] = [];
  let [tests, failed, depth] = [0, 0, 0];
  let open: { name: string; failure: string | null; skipped: boolean } | null = null;
  let message: string | null = null;
  let problem: string | null = null;
  parser.on('error', (error) => {
    problem ??= error.message;
  });
  parser.on('opentag', ({ name, attributes }) => {
    depth++;
    if (depth === 1 && name !== 'testsuites' && name !== 'testsuite') problem ??= `its root is <${name.slice(0, 40)}>`;
    if (name === 'testcase') {
      const { classname, name: test = '?' } = attributes;
      open = { name: classname ? `${classname} ${test}` : test, failure: null, skipped: false };
    } else if (open && (name === 'failure' || name === 'error')) {
      message = attributes.message ?? '';
      open.failure ??= message;
    } else if (open && name === 'skipped') open.skipped = true;
  });
  // Some writers have the reason as text and no attribute: its beginning is enough.
  parser.on('text', (text) => {
    if (open && message === '' && (open.failure?.length ?? 0) < CHARACTERS) open.failure += text;
  });
  parser.on('closetag', ({ name }) => {
    depth--;
    if (name === 'failure' || name === 'error') message = null;
    if (name !== 'testcase' || !open) return;
    if (!open.skipped) tests++;
    if (open.failure !== null) {
      failed++;
      if (failures.length < TOLD) failures.push(oneLine(`${open.name}: ${open.failure}`));
    }
    open = null;
  });
  for await (const chunk of createReadStream(path, 'utf8')) {
    parser.write(chunk as string); // by the encoding
    if (problem !== null) break;
  }
  if (problem === null) parser.close();
  if (problem !== null)
    throw new UserError(
      'InvalidOutput',
      `The tests' report is no JUnit XML (${problem}): it is read from $RATCHET_JUNIT.`,
    );
  return { tests, failed, failures };
}

/**
 * @param code the command's exit code
 * @param report null: none was written, and the exit code decides alone
 * @param lastLine of the log, for a command that failed and names no test
 */
export function checkOf(
  name: string,
  { code, report, lastLine }: { code: number | null; report: TestReport | null; lastLine: string },
): GateCheck {
  const ended = `the command ended with code ${code}${lastLine ? `: ${oneLine(lastLine)}` : ''}`;
  if (!report) return code === 0 ? { name, passed: true } : { name, passed: false, failures: [ended] };
  const { tests, failed } = report;
  const failures = [...report.failures];
  if (failed > failures.length) failures.push(`${(failed - failures.length).toLocaleString('en-US')} more`);
  // Nothing that was run has failed, and yet: a threshold of coverage, a crash after the last test.
  const otherwise = failed === 0 && code !== 0 && !(tests === 0 && code === NO_TESTS);
  if (otherwise) failures.push(ended);
  return { name, passed: failures.length === 0, tests, ...(failures.length > 0 ? { failures } : {}) };
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > CHARACTERS ? `${line.slice(0, CHARACTERS - 2)} …` : line;
}
