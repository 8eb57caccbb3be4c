/** Does a condition hold on these facts? With every reason for it, or with what is missing. */
import type { LoopFacts } from '#contracts/loop/activities.ts';
import type { TriggerCondition } from '#contracts/trigger-condition.ts';
import { type Finding, lacks } from './finding.ts';
import { judgeFired } from './triggers/fired.ts';
import { kindOf } from './triggers/registry.ts';

/**
 * `any` holds with the reasons of all that hold, `all` when each does, `not` as long as its condition does not.
 * What a person asks for holds whatever the condition is.
 */
export function judgeTriggers(condition: TriggerCondition | null, facts: LoopFacts): Finding {
  const asked = judgeFired('manual', '', 'asked for by hand', facts);
  const rest = condition === null ? lacks('no triggers are deployed: `ratchet deploy`') : judge(condition, facts);
  if (!asked.holds) return rest;
  return { holds: true, reasons: [...asked.reasons, ...without(rest, 'manual').reasons], lacking: rest.lacking };
}

function without(finding: Finding, kind: string): Finding {
  return { ...finding, reasons: finding.reasons.filter((reason) => reason.kind !== kind) };
}

function judge(condition: TriggerCondition, facts: LoopFacts): Finding {
  switch (condition.kind) {
    case 'any': {
      const findings = condition.of.map((each) => judge(each, facts));
      return {
        holds: findings.some((each) => each.holds),
        reasons: findings.flatMap((each) => (each.holds ? each.reasons : [])),
        lacking: findings.flatMap((each) => each.lacking),
      };
    }
    case 'all': {
      const findings = condition.of.map((each) => judge(each, facts));
      const missing = findings.flatMap((each) => each.lacking);
      return findings.every((each) => each.holds)
        ? { holds: true, reasons: findings.flatMap((each) => each.reasons), lacking: [] }
        : { holds: false, reasons: [], lacking: [`all of: ${missing.join('; ')}`] };
    }
    case 'not': {
      const inner = judge(condition.of, facts);
      return inner.holds
        ? lacks(`not: ${inner.reasons.map(({ words }) => words).join(', ') || condition.of.kind}`)
        : { holds: true, reasons: [], lacking: [] };
    }
    default:
      return kindOf(condition).judge(condition, facts);
  }
}
