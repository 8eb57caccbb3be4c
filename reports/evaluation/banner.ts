import type { Brief } from '#decisions/gate/brief/brief.ts';
import type { GateDecision } from '#decisions/gate.ts';
import { type Html, html } from '../html.ts';

const words = {
  passed: '✓ Passed',
  refused: '✗ Refused',
  inconclusive: '? Inconclusive',
  'needs-approval': '? Needs approval',
} as const;
const meaning = {
  passed: 'The candidate may become the champion.',
  refused: 'The champion stays.',
  inconclusive: 'The holdout does not decide: the champion stays.',
  'needs-approval': 'The champion stays until it is approved.',
} as const;
/** Reasons beside the verdict; the table of the rules has all of them. */
const SHOWN = 3;
/** Answers below each question; the sections below have the rest. */
const ANSWERS = 8;

const questions: readonly (readonly [keyof Brief, string])[] = [
  ['change', 'What would change?'],
  ['worse', 'For whom does it get worse?'],
  ['sure', 'How sure is that?'],
  ['unknown', 'What is not known?'],
];

/**
 * The verdict on top, with what decided it and the interval that it rests on; then what its owner asks first. Before the
 * gate: that it has not judged yet.
 */
export function banner(
  decision: Pick<GateDecision, 'outcome' | 'reasons' | 'already' | 'findings'> | null,
  interval: Html | null,
  brief: Brief | null,
): Html {
  if (!decision)
    return html`<section class="card banner" aria-label="verdict"><div><p class="word">Measured, not judged yet</p><ul><li>The gate's verdict stands in the report of the gate.</li></ul></div>${interval}</section>`;
  const { outcome, reasons, findings } = decision;
  const said = decision.already ? 'It is the champion: nothing changes.' : meaning[outcome];
  const decisive = findings.filter((finding) => finding.outcome === outcome).map(({ reason }) => reason);
  const told = reasons.filter((reason) => decisive.includes(reason));
  const first = (told.length > 0 ? told : reasons.slice(0, outcome === 'needs-approval' ? 2 : 1)).slice(
    0,
    outcome === 'passed' ? 1 : SHOWN,
  );
  return html`<section class="card banner ${outcome}" aria-label="verdict"><div><p class="word">${words[outcome]}</p><p>${said}</p>
<ul>${first.map((reason) => html`<li>${reason}</li>`)}</ul></div>${interval}</section>${brief === null ? null : answers(brief)}`;
}

function answers(brief: Brief): Html {
  const asked = questions.filter(([key]) => brief[key].length > 0);
  return html`<section class="card" aria-label="in one minute"><div class="answers">${asked.map(([key, question]) => html`<div><h2>${question}</h2>${listed(brief[key])}</div>`)}</div></section>`;
}

function listed(said: readonly string[]): Html {
  const more = said.length - ANSWERS;
  return html`<ul>${said.slice(0, ANSWERS).map((text) => html`<li>${text}</li>`)}${more > 0 ? html`<li>${more} more below.</li>` : null}</ul>`;
}
