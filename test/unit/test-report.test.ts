/** What tests found is read from JUnit XML of any writer, and becomes a check. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { checkOf, readTestReport } from '#activities/model/run-job/test-report.ts';
import { GateCheck } from '#contracts/gate-check.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-junit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let written = 0;
function read(text: string) {
  const path = join(folder, `${written++}.xml`);
  writeFileSync(path, text);
  return readTestReport(path);
}

describe('a report', () => {
  it('of pytest: a skipped test was not run, an error is a failure', async () => {
    const report =
      await read(`<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest"
      errors="1" failures="1" skipped="1" tests="4"><testcase classname="tests.test_a" name="test_ok" time="0.001" />
      <testcase classname="tests.test_a" name="test_bad[x&lt;1]"><failure message="assert 3 &lt; 2&#10; +  where 3">def test():
      &gt; assert</failure></testcase><testcase classname="tests.test_a" name="test_skipped"><skipped type="pytest.skip" message="no GPU">x</skipped></testcase>
      <testcase classname="" name="tests.test_broken"><error message="collection failure">ImportError</error></testcase>
      </testsuite></testsuites>`);
    expect(report).toEqual({
      tests: 3,
      failed: 2,
      failures: ['tests.test_a test_bad[x<1]: assert 3 < 2 + where 3', 'tests.test_broken: collection failure'],
    });
  });
  it('with one suite for its root, suites in suites, and a reason that is text alone', async () => {
    expect(
      await read(
        `<testsuite><testsuite name="in"><testcase name="a"><failure>\n  wrong\n</failure></testcase></testsuite><testcase name="b"/></testsuite>`,
      ),
    ).toEqual({ tests: 2, failed: 1, failures: ['a: wrong'] });
  });
  it('without a test', async () => {
    expect(await read('<testsuites tests="0"/>')).toEqual({ tests: 0, failed: 0, failures: [] });
  });
  it.each([
    ['is empty', ''],
    ['is cut off', '<testsuites><testcase name="a">'],
    ['is something else', '<html><body/></html>'],
    ['is JSON', '{"tests": 1}'],
    [
      'defines entities that grow',
      '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>',
    ],
  ])('that %s is refused in words', async (_, text) => {
    await expect(read(text)).rejects.toMatchObject({
      type: 'InvalidOutput',
      message: expect.stringMatching(/^The tests' report is no JUnit XML \(.+\): it is read from \$RATCHET_JUNIT\.$/),
    });
  });
  it('of any tests counts each once, and is a check that a step may give', async () => {
    const kinds = ['passed', 'failure', 'error', 'skipped'] as const;
    const cases = fc.array(fc.record({ name: fc.string({ maxLength: 400 }), kind: fc.constantFrom(...kinds) }), {
      maxLength: 200,
    });
    await fc.assert(
      fc.asyncProperty(cases, async (drawn) => {
        const xml = drawn.map(({ name, kind }) => {
          const inside = kind === 'passed' ? '' : `<${kind} message="${attribute(name)}"/>`;
          return `<testcase name="${attribute(name)}">${inside}</testcase>`;
        });
        const report = await read(`<testsuites><testsuite>${xml.join('')}</testsuite></testsuites>`);
        const of = (...wanted: string[]) => drawn.filter(({ kind }) => wanted.includes(kind)).length;
        expect(report).toMatchObject({ tests: drawn.length - of('skipped'), failed: of('failure', 'error') });
        const check = checkOf('t', { code: report.failed > 0 ? 1 : 0, report, lastLine: '' });
        expect(GateCheck.parse(check).passed).toBe(report.failed === 0);
        expect(JSON.stringify(check).length).toBeLessThan(32_000);
      }),
      { numRuns: 100 },
    );
  });
});

/** Only what XML can carry, escaped. */
const attribute = (text: string) =>
  text
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;');

describe('a check', () => {
  const none = { tests: 0, failed: 0, failures: [] };
  it('of a command without a report has its exit code', () => {
    expect(checkOf('t', { code: 0, report: null, lastLine: 'ok' })).toEqual({ name: 't', passed: true });
    expect(checkOf('t', { code: 4, report: null, lastLine: 'No module named pytest' })).toEqual({
      ...{ name: 't', passed: false },
      failures: ['the command ended with code 4: No module named pytest'],
    });
  });
  it('tells of more failures than it names', () => {
    const report = { tests: 1_060, failed: 1_050, failures: Array.from({ length: 50 }, (_, at) => `t${at}: no`) };
    const { failures } = checkOf('t', { code: 1, report, lastLine: '' });
    expect(failures).toHaveLength(51);
    expect(failures?.at(-1)).toBe('1,000 more');
  });
  it('of a command that failed although no test did has failed', () => {
    expect(checkOf('t', { code: 2, report: { ...none, tests: 3 }, lastLine: 'coverage 61 % < 80 %' })).toEqual({
      ...{ name: 't', passed: false, tests: 3 },
      failures: ['the command ended with code 2: coverage 61 % < 80 %'],
    });
  });
  it('of pytest that found no test shows nothing, and has not failed', () => {
    expect(checkOf('t', { code: 5, report: none, lastLine: '' })).toEqual({ name: 't', passed: true, tests: 0 });
  });
});
