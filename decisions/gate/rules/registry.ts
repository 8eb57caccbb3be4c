/** The rules of the gate: one file each. */
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import type { Figures } from '../directions.ts';
import type { Finding, Note } from '../finding.ts';
import { calibration } from './calibration.ts';
import { comparison } from './comparison.ts';
import { coverage } from './coverage.ts';
import { fairness } from './fairness.ts';
import { floors } from './floors.ts';
import type { Asks, GateRule, PartOf, RuleName } from './gate-rule.ts';
import { holdout } from './holdout.ts';
import { inputExample } from './input-example.ts';
import { latency } from './latency.ts';
import { robustness } from './robustness.ts';
import { signature } from './signature.ts';
import { slices } from './slices.ts';
import { stability } from './stability.ts';

/** In the order in which they are told. */
const rules: { readonly [N in RuleName]: GateRule<N> } = {
  comparison,
  holdout,
  coverage,
  floors,
  slices,
  signature,
  inputExample,
  stability,
  fairness,
  latency,
  calibration,
  robustness,
};

interface SetRule<N extends RuleName> {
  readonly name: N;
  readonly rule: GateRule<N>;
  readonly part: PartOf<N>;
}

/** Those that are set. The cast says that an entry takes the part of its own name, which the table's type does. */
function setRules(given: ParsedGateRules): SetRule<RuleName>[] {
  return (Object.keys(rules) as RuleName[]).flatMap((name) => {
    const part = name === 'comparison' ? given : given[name];
    return part === undefined ? [] : [{ name, rule: rules[name], part } as SetRule<RuleName>];
  });
}

/** What each rule that is set finds. */
export function judgeRules(given: ParsedGateRules, evidence: Figures): ((Finding | Note) & { rule: RuleName })[] {
  return setRules(given).flatMap(({ name, rule, part }) =>
    rule.judge(part, evidence).map((finding) => ({ ...finding, rule: name })),
  );
}

/** What an evaluation must have measured for the rules. */
export const asksOf = (given: ParsedGateRules): Asks[] =>
  setRules(given).flatMap(({ rule, part }) => rule.asks?.(part) ?? []);

/** What a person calls the rule. */
export const titleOf = (name: string): string =>
  name in rules ? rules[name as RuleName].title : name === 'checks' ? 'Check' : name;
