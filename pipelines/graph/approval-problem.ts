import { Duration, milliseconds } from '#contracts/duration.ts';
import { shownValue } from './definition-error.ts';
import type { ApprovalSpec } from './graph-types.ts';
import { sourceOf } from './reference.ts';

/** The first thing that is wrong with what `approval(…)` was given, in words; null when there is none. */
export function approvalProblem(spec: ApprovalSpec): string | null {
  if (typeof spec !== 'object' || spec === null || sourceOf(spec))
    return 'an object is wanted: { title, evidence, by, timeout, onTimeout }';
  const { title, evidence, by = [], roles = [], quorum = 1, timeout, onTimeout } = spec;
  if (typeof title !== 'string' || !title)
    return `its title is ${shownValue(title)}: a sentence for the approver is wanted`;
  if (!sourceOf(evidence))
    return `its evidence is ${shownValue(evidence)}: a reference to what the approver judges is wanted`;
  if (!areNames(by) || by.length + roles.length === 0)
    return `"by" is ${shownValue(by)}: the names of those who may approve are wanted`;
  if (!areNames(roles)) return `its roles are ${shownValue(roles)}: names of roles in roles.json are wanted`;
  if (!Number.isInteger(quorum) || quorum < 1)
    return `its quorum is ${shownValue(quorum)}: a whole number from 1 is wanted`;
  if (roles.length === 0 && !by.includes('*') && quorum > new Set(by).size)
    return `its quorum is ${quorum}, and "by" names ${new Set(by).size}: name more, or ask for fewer`;
  if (!Duration.safeParse(timeout).success)
    return `its timeout is ${shownValue(timeout)}: a number and a unit are wanted, 2d`;
  if (onTimeout !== 'reject' && onTimeout !== 'fail')
    return `onTimeout is ${shownValue(onTimeout)}: 'reject' or 'fail' is wanted`;
  return escalationProblem(spec);
}

function escalationProblem({ escalateAfter, escalateTo = [], timeout }: ApprovalSpec): string | null {
  if (!areNames(escalateTo)) return `escalateTo is ${shownValue(escalateTo)}: names are wanted`;
  if (escalateAfter === undefined)
    return escalateTo.length === 0
      ? null
      : 'escalateTo names people, and nothing says after how long: add escalateAfter';
  if (!Duration.safeParse(escalateAfter).success)
    return `escalateAfter is ${shownValue(escalateAfter)}: a number and a unit are wanted, 2d`;
  if (escalateTo.length === 0) return `after ${escalateAfter} nobody is asked: name them in escalateTo`;
  return milliseconds(escalateAfter) < milliseconds(timeout)
    ? null
    : `escalateAfter is ${escalateAfter} and the timeout ${timeout}: nobody would be asked in time`;
}

const areNames = (names: unknown): names is readonly string[] =>
  Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== '');
