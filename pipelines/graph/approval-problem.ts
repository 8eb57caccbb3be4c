import { Duration } from '#contracts/duration.ts';
import { shownValue } from './definition-error.ts';
import type { ApprovalSpec } from './graph-types.ts';
import { sourceOf } from './reference.ts';

/** The first thing that is wrong with what `approval(…)` was given, in words; null when there is none. */
export function approvalProblem(spec: ApprovalSpec): string | null {
  if (typeof spec !== 'object' || spec === null || sourceOf(spec))
    return 'an object is wanted: { title, evidence, by, timeout, onTimeout }';
  const { title, evidence, by, quorum = 1, timeout, onTimeout } = spec;
  if (typeof title !== 'string' || !title)
    return `its title is ${shownValue(title)}: a sentence for the approver is wanted`;
  if (!sourceOf(evidence))
    return `its evidence is ${shownValue(evidence)}: a reference to what the approver judges is wanted`;
  if (!Array.isArray(by) || by.length === 0 || by.some((who) => typeof who !== 'string' || !who))
    return `"by" is ${shownValue(by)}: the names of those who may approve are wanted`;
  if (!Number.isInteger(quorum) || quorum < 1)
    return `its quorum is ${shownValue(quorum)}: a whole number from 1 is wanted`;
  if (!Duration.safeParse(timeout).success)
    return `its timeout is ${shownValue(timeout)}: a number and a unit are wanted, 2d`;
  if (onTimeout !== 'reject' && onTimeout !== 'fail')
    return `onTimeout is ${shownValue(onTimeout)}: 'reject' or 'fail' is wanted`;
  return null;
}
