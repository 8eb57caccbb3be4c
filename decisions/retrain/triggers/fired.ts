/** Conditions that hold because something fired: the calendar, a person, another pipeline. */
import type { LoopFacts } from '#contracts/loop/activities.ts';
import type { Fired } from '#contracts/loop/evidence.ts';
import { type Finding, holds, IDS_NAMED, lacks, sources } from '../finding.ts';

export function judgeFired(trigger: Fired['trigger'], detail: string, words: string, { fired }: LoopFacts): Finding {
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
