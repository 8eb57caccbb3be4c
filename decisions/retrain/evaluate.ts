/** Does a condition hold on these facts? With every reason for it, or with what is missing. */
import type { LoopFacts } from '#contracts/loop/activities.ts';
import { ANY_PATH, type Fired } from '#contracts/loop/evidence.ts';
import type { Condition, TriggerCondition } from '#contracts/trigger-condition.ts';
import { IDS_NAMED } from './facts.ts';
import { type Finding, holds, lacks, plain, sources } from './finding.ts';
import { matching } from './paths.ts';
import { judgeDrift, judgePerformance } from './windows.ts';

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
      return judgeLeaf(condition, facts);
  }
}

function judgeLeaf(condition: Condition, facts: LoopFacts): Finding {
  switch (condition.kind) {
    case 'newRows':
      return enough('newRows', 'new rows', facts.newRows, condition.atLeast, facts);
    case 'newPartitions':
      return enough('newPartitions', 'new partitions', facts.newPartitions, condition.atLeast, facts);
    case 'drift':
      return judgeDrift(condition, facts);
    case 'performance':
    case 'estimatedPerformance':
      return judgePerformance(condition, facts);
    case 'codeChange': {
      const found = facts.code.map((change) => ({ change, paths: matching(change.paths, condition.paths) }));
      const hits = found.filter(({ paths }) => paths.length > 0);
      const paths = [...new Set(hits.flatMap((hit) => hit.paths))];
      const shown = paths.map((path) => (path === ANY_PATH ? 'any path (the push does not tell which)' : path));
      const last = hits.at(-1)?.change;
      if (!last) return lacks(`a change of ${condition.paths.join(', ')}`);
      return holds({
        kind: 'codeChange',
        words: `${shown.slice(0, 3).join(', ')}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''} changed${hits.length > 1 ? ` in ${hits.length} commits` : last.commit ? ` in ${last.commit.slice(0, 12)}` : ''}`,
        figures: { changed_files: paths.length },
        source: sources(hits.map(({ change }) => change)),
        who: last.who,
        evidence: hits.map(({ change }) => change.id).slice(-IDS_NAMED),
      });
    }
    case 'schedule': {
      const detail = scheduleDetail(condition);
      return judgeFired('schedule', detail, `${condition.cron} (${condition.timezone})`, facts);
    }
    case 'upstream':
      return judgeFired('upstream', condition.pipeline, `${condition.pipeline} finished`, facts);
    case 'manual':
      return judgeFired('manual', '', 'asked for by hand', facts);
  }
}

function growingWords({ at, files }: NonNullable<LoopFacts['growing']>): string {
  const [first, ...more] = files;
  return `as of ${at}, ${first}${more.length > 0 ? ` and ${more.length} more` : ''} may still be growing`;
}

/** What `fire` says of itself. */
export function scheduleDetail({ cron, timezone }: { cron: string; timezone: string }): string {
  return `${cron} ${timezone}`;
}

function enough(
  kind: 'newRows' | 'newPartitions',
  what: string,
  count: number,
  atLeast: number,
  { data, growing }: LoopFacts,
): Finding {
  const still = growing ? `; ${growingWords(growing)}` : '';
  if (count < atLeast) return lacks(`${plain(count)} of ${plain(atLeast)} ${what}${still}`);
  return holds({
    kind,
    words: `${plain(count)} ${what}, ${plain(atLeast)} are enough${still}`,
    figures: { [kind === 'newRows' ? 'new_rows' : 'new_partitions']: count },
    threshold: { atLeast },
    source: sources(data),
    who: data.at(-1)?.who ?? 'unknown',
    evidence: data.map(({ id }) => id).slice(-IDS_NAMED),
  });
}

function judgeFired(trigger: Fired['trigger'], detail: string, words: string, { fired }: LoopFacts): Finding {
  const hits = fired.filter((each) => each.trigger === trigger && (trigger === 'manual' || each.detail === detail));
  const last = hits.at(-1);
  if (!last) return lacks(trigger === 'manual' ? 'somebody who asks' : words);
  const often = hits.length > 1 ? ` (${hits.length} times)` : '';
  return holds({
    kind: trigger,
    words:
      trigger === 'manual'
        ? `asked for by ${last.who}${last.detail ? `: ${last.detail}` : ''}${often}`
        : `${words}${often}`,
    source: sources(hits),
    who: last.who,
    evidence: hits.map(({ id }) => id).slice(-IDS_NAMED),
  });
}
