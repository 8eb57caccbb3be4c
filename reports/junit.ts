/**
 * A verdict as JUnit XML, which every CI reads: a suite, a test case a rule. The form is the one that Jenkins' xunit plugin
 * publishes (`junit-10.xsd`). What is inconclusive fails, too: it is no permission.
 */
import type { GateDecision } from '#decisions/gate.ts';
import { escaped } from './html.ts';

/** @param classname what the cases are of: the file that was judged */
export function junitXml(suite: string, classname: string, { outcome, reasons }: GateDecision): string {
  const failed = outcome !== 'passed';
  const cases = [
    `    <testcase classname="${attribute(classname)}" name="verdict">`,
    ...(failed
      ? [
          `      <failure type="${outcome}" message="${attribute(reasons[0] ?? outcome)}">${attribute(reasons.join('\n'))}</failure>`,
        ]
      : []),
    '    </testcase>',
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="1" failures="${failed ? 1 : 0}" errors="0">`,
    `  <testsuite name="${attribute(suite)}" tests="1" failures="${failed ? 1 : 0}" errors="0" skipped="0">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** What is no `Char` of XML 1.0 (2.2) cannot be written, not even escaped. */
const attribute = (text: string): string =>
  escaped(text.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd'));
