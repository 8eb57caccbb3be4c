/** The loop as Markdown, for its page in Temporal's Web UI: state, what would make it fire next, the last decisions. */

import type { Decision } from '#contracts/decision.ts';
import type { LoopMemory } from '#contracts/loop/activities.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import type { TriggerCondition } from '#contracts/trigger-condition.ts';

const SHOWN = 10;

export function loopDetails(memory: LoopMemory, policy: LoopPolicy | null, recent: readonly Decision[]): string {
  const { view, run, watermark, provisional, facts } = memory;
  const lines = [`**${view.state}**${view.note ? ` – ${plain(view.note)}` : ''}`, ''];
  if (!policy?.triggers) lines.push('No triggers are deployed: `ratchet deploy`.', '');
  if (run) lines.push(`Running: ${plain(run.runId)}`, '');
  if (view.reasons.length > 0 && memory.next)
    lines.push('Wants a run:', '', ...view.reasons.map(({ words }) => `* ${plain(words)}`), '');
  for (const hold of view.held) lines.push(`* held back: ${plain(hold.words)}`);
  if (view.lacking.length > 0)
    lines.push('', 'What would make it fire:', '', ...view.lacking.slice(0, SHOWN).map((words) => `* ${plain(words)}`));
  if (watermark) lines.push('', `Trained on data up to ${watermark.at} (${plain(watermark.runId)})`);
  if (facts.growing)
    lines.push('', `As of ${facts.growing.at} may still be growing: ${plain(facts.growing.files.join(', '))}`, '');
  for (const { version, previous, maturesAt } of provisional)
    lines.push(`Version ${plain(version)} is provisional until ${maturesAt}; before it: ${plain(previous)}`);
  if (recent.length > 0) {
    // A list: the page draws tables without space between their cells.
    lines.push('', 'Last decisions, newest first, by event time:', '');
    for (const { number, at, outcome, words } of recent.slice(-SHOWN).reverse())
      lines.push(`* ${number} · ${at.slice(0, 16).replace('T', ' ')} · **${outcome}** – ${plain(words)}`);
  }
  return lines.join('\n');
}

/** Before its first decision: what it was deployed with. */
export function freshDetails(policy: LoopPolicy | null): string {
  const lines = ['**idle** – nothing was told to it yet', ''];
  const { triggers } = policy ?? {};
  if (!triggers) lines.push('No triggers are deployed: `ratchet deploy`.');
  else lines.push('What would make it fire:', '', ...alternatives(triggers).map((each) => `* ${inWords(each)}`));
  return lines.join('\n');
}

/** The page draws no list within a list: what hangs together is one line. */
function alternatives(condition: TriggerCondition): TriggerCondition[] {
  return condition.kind === 'any' ? condition.of.flatMap(alternatives) : [condition];
}

function inWords({ kind, ...rest }: TriggerCondition): string {
  if ('of' in rest) return `${kind} of (${[rest.of].flat().map(inWords).join('; ')})`;
  const settings = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
  return settings.length > 0 ? `${kind}: ${plain(settings.join(', '))}` : kind;
}

/** One line, and no markup from outside. */
function plain(text: string): string {
  const short = text.length > 240 ? `${text.slice(0, 239)}…` : text;
  return short.replace(/\s+/g, ' ').replace(/[|<>*_`[\]\\]/g, (character) => `\\${character}`);
}
