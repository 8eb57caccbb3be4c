/**
 * A verdict as JUnit XML, which every CI reads: a suite, a test case a rule. The form is the one that Jenkins' xunit plugin
 * publishes (`junit-10.xsd`). What is inconclusive fails, too: it is no permission.
 */
import { titleOf } from '#decisions/gate/rules/registry.ts';
import type { GateDecision } from '#decisions/gate.ts';
import { escaped } from './html.ts';

/**
 * @param classname what the cases are of: the file that was judged
 * @param findings a case each
 */
export function junitXml(suite: string, classname: string, findings: GateDecision['findings']): string {
  const failures = findings.filter(({ outcome }) => outcome !== 'passed').length;
  const counts = `tests="${findings.length}" failures="${failures}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${attribute(suite)}" ${counts} skipped="0">`,
    ...findings.flatMap(({ rule, outcome, reason }, index) => [
      `    <testcase classname="${attribute(classname)}" name="${attribute(`${index + 1} ${titleOf(rule)}`)}">`,
      outcome === 'passed'
        ? `      <system-out>${attribute(reason)}</system-out>`
        : `      <failure type="${outcome}" message="${attribute(reason)}">${attribute(reason)}</failure>`,
      '    </testcase>',
    ]),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** What is no `Char` of XML 1.0 (2.2) cannot be written, not even escaped. */
const attribute = (text: string): string =>
  escaped(text.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd'));
