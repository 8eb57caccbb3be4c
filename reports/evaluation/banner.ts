import type { GateDecision } from '#decisions/gate.ts';
import { type Html, html } from '../html.ts';

const words = { passed: '✓ Passed', refused: '✗ Refused', inconclusive: '? Inconclusive' } as const;
const meaning = {
  passed: 'The candidate may become the champion.',
  refused: 'The champion stays.',
  inconclusive: 'The holdout does not decide: the champion stays.',
} as const;

/** The verdict on top, decisive reasons first, with the interval that it rests on. Before the gate: that it has not judged yet. */
export function banner(
  decision: Pick<GateDecision, 'outcome' | 'reasons' | 'already'> | null,
  interval: Html | null,
): Html {
  if (!decision)
    return html`<section class="card banner" aria-label="verdict"><div><p class="word">Measured, not judged yet</p><ul><li>The gate's verdict stands in the report of the gate.</li></ul></div>${interval}</section>`;
  const { outcome, reasons } = decision;
  const said = decision.already ? 'It is the champion: nothing changes.' : meaning[outcome];
  return html`<section class="card banner ${outcome}" aria-label="verdict"><div><p class="word">${words[outcome]}</p><p>${said}</p>
<ul>${reasons.map((reason) => html`<li${reason.startsWith('note: ') ? html` class="aside"` : null}>${reason.replace(/^note: /, '')}</li>`)}</ul></div>${interval}</section>`;
}
