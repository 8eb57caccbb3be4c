/** Checks of the user's own, each a rule by being given. */
import type { GateCheck } from '#contracts/gate-check.ts';
import type { Finding } from './finding.ts';

/** Failures told one by one, and characters of each. */
const NAMED = 5;
const CHARACTERS = 200;

/** One that ran no test shows nothing, whatever it says. */
export const judgeChecks = (checks: readonly GateCheck[]): (Finding & { rule: 'checks' })[] =>
  checks.map((check) => ({ ...judged(check), rule: 'checks' }));

function judged({ name, passed, tests, failures = [] }: GateCheck): Finding {
  const ran = tests === undefined ? '' : ` (${tests.toLocaleString('en-US')} ${tests === 1 ? 'test' : 'tests'})`;
  const distance = [`check ${name}`, failures.length || Number.NaN] as const;
  if (!passed || failures.length > 0)
    return { outcome: 'refused', reason: `${name} failed${ran}${listed(failures)}`, distance };
  if (tests === 0)
    return {
      outcome: 'inconclusive',
      reason: `${name} ran no test, so it shows nothing`,
      distance: [`check ${name}`, 1],
    };
  return { outcome: 'passed', reason: `${name} passed${ran}` };
}

function listed(failures: readonly string[]): string {
  if (failures.length === 0) return '';
  const shown = failures.slice(0, NAMED).map(shortened);
  const more = failures.length - NAMED;
  return `: ${shown.join('; ')}${more > 0 ? `; and ${more.toLocaleString('en-US')} more` : ''}`;
}

/** On one line: a traceback is for the step's own log. */
function shortened(failure: string): string {
  const line = failure.replaceAll(/\s+/g, ' ').trim();
  return line.length > CHARACTERS ? `${line.slice(0, CHARACTERS)} …` : line;
}
