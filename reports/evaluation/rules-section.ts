import { titleOf } from '#decisions/gate/rules/registry.ts';
import { decimalsFor, numberOf, plain } from '#decisions/gate/words.ts';
import type { GateDecision } from '#decisions/gate.ts';
import { type Html, html } from '../html.ts';
import { section } from '../page.ts';
import { table } from '../table.ts';

type Finding = GateDecision['findings'][number];
const words = { passed: '✓ passed', refused: '✗ refused', inconclusive: '? inconclusive' } as const;
const colours = { passed: 'better', refused: 'worse', inconclusive: '' } as const;

/** What each rule of the gate said, those that decided first. Null before the gate, and of the champion itself. */
export function rulesSection(decision: GateDecision | null): Html | null {
  if (!decision || decision.findings.length === 0) return null;
  const rank = ({ outcome }: Finding) => (outcome === decision.outcome ? 0 : outcome === 'passed' ? 2 : 1);
  const judged = new Set(decision.findings.map(({ reason }) => reason));
  const notes = decision.reasons.filter((reason) => !judged.has(reason)).map((reason) => reason.replace(/^note: /, ''));
  return section(
    'Rules',
    table<Finding>(
      'What each rule of the gate says',
      [
        { head: 'Rule', cell: ({ rule }) => titleOf(rule) },
        {
          head: 'Verdict',
          cell: ({ outcome }) => html`<span class="verdict ${colours[outcome]}">${words[outcome]}</span>`,
        },
        { head: 'Why', cell: ({ reason }) => reason },
        { head: 'Missing', number: true, cell: ({ distance }) => missing(distance) },
      ],
      [...decision.findings].sort((a, b) => rank(a) - rank(b)),
      { stacked: true },
    ),
    notes.length === 0 ? null : html`<ul class="notes">${notes.map((text) => html`<li>${text}</li>`)}</ul>`,
  );
}

/** Nothing for what passed, nor where it cannot be said. */
function missing(distance: Finding['distance']): string {
  const value = numberOf(distance);
  return Number.isFinite(value) ? plain(value, Number.isInteger(value) ? 0 : decimalsFor(value, value)) : '';
}
