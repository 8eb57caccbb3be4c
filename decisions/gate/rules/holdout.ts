import { usedInWords } from '../fresh.ts';
import type { GateRule } from './gate-rule.ts';

/**
 * Only rows that no earlier verdict of the model used decide. Evaluate leaves the others out; where too few are left the whole
 * verdict is inconclusive before any rule is asked (decisions/gate/fresh.ts).
 */
export const holdout: GateRule<'holdout'> = {
  title: 'Fresh rows',
  judge: (asked, { reuse, rows }) => {
    if (asked === 'reused') return [];
    if (!reuse)
      return [
        { outcome: null, reason: 'note: whether earlier verdicts used these rows is not in this evidence: not judged' },
      ];
    const used = usedInWords({ reuse, rows });
    if (reuse.rows === 0)
      return [{ outcome: 'passed', reason: 'no earlier verdict of this model used any of these rows', quiet: true }];
    if (reuse.fresh) return [{ outcome: 'passed', reason: `${used}: these are left out, and the fresh ones decide` }];
    return [
      {
        outcome: 'inconclusive',
        reason: `${used}, and the rules ask for fresh ones: let evaluate leave them out (\`fresh: true\`), or write \`holdout: 'reused'\``,
        distance: ['fresh rows', reuse.rows],
      },
    ];
  },
  asks: (asked) => ({ where: 'rules.holdout', metrics: [], ...(asked === 'fresh' ? { fresh: true } : {}) }),
};
