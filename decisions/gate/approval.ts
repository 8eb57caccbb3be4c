import type { ApprovalRule } from '#contracts/approval-rule.ts';
import type { RuleOutcome } from '#contracts/data.ts';

/** Why people have to decide, in words; null: they need not. What is refused is refused, whoever would approve. */
export function approvalNeeded(rule: ApprovalRule | undefined, outcome: RuleOutcome): string | null {
  if (!rule) return null;
  if (rule.when === 'always' && outcome === 'passed')
    return `every rule is kept, and ${whom(rule)} must approve before it is promoted`;
  if (rule.when === 'inconclusive' && outcome === 'inconclusive')
    return `the holdout does not decide, so ${whom(rule)} must decide`;
  return null;
}

/** `2 of anna, ben and who is model-owner`. */
export function whom({ by, roles, quorum }: Pick<ApprovalRule, 'by' | 'roles' | 'quorum'>): string {
  const people = by.includes('*') ? ['anybody'] : [...by, ...roles.map((role) => `whoever is ${role}`)];
  return `${quorum} of ${people.join(', ')}`;
}
