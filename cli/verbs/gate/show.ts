import type { Evidence } from '#contracts/evidence.ts';
import { titleOf } from '#decisions/gate/rules/registry.ts';
import { numberOf } from '#decisions/gate/words.ts';
import type { GateDecision } from '#decisions/gate.ts';
import pc from '../../kit/color.ts';
import { type Output, table } from '../../kit/output.ts';
import type { GateOptions } from './options.ts';

const words = {
  passed: (text: string) => pc.green(text),
  refused: (text: string) => pc.red(text),
  inconclusive: (text: string) => pc.yellow(text),
  'needs-approval': (text: string) => pc.yellow(text),
};
const signs = { passed: '✓', refused: '✗', inconclusive: '?', 'needs-approval': '?' };

type Finding = GateDecision['findings'][number];

/** Without what is said of a first champion: there is none where files are judged alone. */
export const judged = ({ findings, against }: GateDecision): Finding[] =>
  findings.filter(({ rule, outcome }) => against !== null || rule !== 'comparison' || outcome !== 'passed');

/** The verdict first, then each reason, then the figures. */
export function show(evidence: Evidence, decision: GateDecision, options: GateOptions, out: Output): void {
  const { outcome, reasons } = decision;
  const rows = `${evidence.rows.toLocaleString('en-US')} rows`;
  const against = options.against === undefined ? '' : ` against ${options.against}`;
  out.print(words[outcome](`${signs[outcome]} ${outcome}`) + pc.dim(`  ${options.predictions}${against}, ${rows}`));
  const rank = (finding: Finding) => (finding.outcome === outcome ? 0 : finding.outcome === 'passed' ? 2 : 1);
  for (const finding of judged(decision).sort((a, b) => rank(a) - rank(b))) {
    const missing = finding.distance === undefined ? '' : pc.dim(`  (missing: ${said(finding.distance)})`);
    out.print(
      `  ${words[finding.outcome](signs[finding.outcome])} ${titleOf(finding.rule)}: ${finding.reason}${missing}`,
    );
  }
  for (const note of reasons.filter((reason) => reason.startsWith('note: '))) out.print(`  ${note}`);
  const { candidate, champion } = evidence;
  out.print('');
  out.print(
    table(
      ['metric', 'candidate', ...(champion ? ['in production'] : [])],
      Object.entries(candidate.metrics).map(([name, value]) => [
        name,
        said(value),
        ...(champion ? [said(champion.metrics[name])] : []),
      ]),
      [1, 2],
    ),
  );
  for (const note of evidence.notes) out.print(pc.dim(note));
}

const said = (figure: Parameters<typeof numberOf>[0]): string => {
  const value = numberOf(figure);
  return Number.isNaN(value) ? '–' : value.toLocaleString('en-US', { maximumSignificantDigits: 5 });
};
