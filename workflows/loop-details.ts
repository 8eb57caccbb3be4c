/** The loop as Markdown, for its page in Temporal's Web UI: state, what would make it fire next, the last decisions. */
import type { LoopMemory } from '#contracts/loop.ts';
import type { TriggerCondition } from '#contracts/trigger-condition.ts';
import type { Decision, LoopPolicy } from '#contracts/triggers.ts';

const SHOWN = 10;

export function loopDetails(memory: LoopMemory, policy: LoopPolicy | null, recent: readonly Decision[]): string {
  const { view, run, watermark, provisional } = memory;
  const lines = [`**${view.state}**${view.note ? ` – ${plain(view.note)}` : ''}`, ''];
  if (!policy?.triggers) lines.push('No triggers are deployed: `ratchet deploy`.', '');
  if (run) lines.push(`Running: ${plain(run.runId)}`, '');
  if (view.reasons.length > 0 && memory.next)
    lines.push('Wants a run:', '', ...view.reasons.map(({ words }) => `* ${plain(words)}`), '');
  for (const hold of view.held) lines.push(`* held back: ${plain(hold.words)}`);
  if (view.lacking.length > 0)
    lines.push('', 'What would make it fire:', '', ...view.lacking.slice(0, SHOWN).map((words) => `* ${plain(words)}`));
  if (watermark) lines.push('', `Trained on data up to ${watermark.at} (${plain(watermark.runId)})`);
  for (const { version, previous, maturesAt } of provisional)
    lines.push(`Version ${plain(version)} is provisional until ${maturesAt}; before it: ${plain(previous)}`);
  if (recent.length > 0) {
    lines.push('', '| | event time | decision | |', '| --: | :-- | :-- | :-- |');
    for (const { number, at, outcome, words } of recent.slice(-SHOWN).reverse())
      lines.push(`| ${number} | ${at.slice(0, 16).replace('T', ' ')} | ${outcome} | ${plain(words)} |`);
  }
  return lines.join('\n');
}

/** Before its first decision: what it was deployed with. */
export function freshDetails(policy: LoopPolicy | null): string {
  const lines = ['**idle** – nothing was told to it yet', ''];
  if (policy?.triggers) lines.push('What would make it fire:', '', ...conditionLines(policy.triggers, ''));
  else lines.push('No triggers are deployed: `ratchet deploy`.');
  return lines.join('\n');
}

function conditionLines({ kind, ...rest }: TriggerCondition, indent: string): string[] {
  if ('of' in rest) {
    const parts = [rest.of].flat().flatMap((part) => conditionLines(part, `${indent}  `));
    return [`${indent}* ${kind} of`, ...parts];
  }
  const settings = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
  return [`${indent}* ${kind}${settings.length > 0 ? `: ${plain(settings.join(', '))}` : ''}`];
}

/** Keeps a cell one cell: no line breaks, no bars, no markup from outside. */
function plain(text: string): string {
  const short = text.length > 240 ? `${text.slice(0, 239)}…` : text;
  return short.replace(/\s+/g, ' ').replace(/[|<>*_`[\]\\]/g, (character) => `\\${character}`);
}
