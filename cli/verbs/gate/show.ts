import type { Evidence } from '#contracts/evidence.ts';
import { numberOf } from '#decisions/gate/words.ts';
import type { GateDecision } from '#decisions/gate.ts';
import pc from '../../kit/color.ts';
import { fittedTable, type Output, table } from '../../kit/output.ts';
import type { GateOptions } from './options.ts';

const words = {
  passed: (text: string) => pc.green(text),
  refused: (text: string) => pc.red(text),
  inconclusive: (text: string) => pc.yellow(text),
};
const signs = { passed: '✓', refused: '✗', inconclusive: '?' };

/** The verdict first, then each reason, then the figures. */
export function show(evidence: Evidence, decision: GateDecision, options: GateOptions, out: Output): void {
  const { outcome, reasons, distance } = decision;
  const rows = `${evidence.rows.toLocaleString('en-US')} rows`;
  const against = options.against === undefined ? '' : ` against ${options.against}`;
  out.print(words[outcome](`${signs[outcome]} ${outcome}`) + pc.dim(`  ${options.predictions}${against}, ${rows}`));
  for (const reason of reasons) out.print(`  ${reason}`);
  const missing = Object.entries(distance);
  if (missing.length > 0) {
    out.print('');
    out.print(
      fittedTable(
        ['rule', 'is missing'],
        missing.map(([rule, by]) => [rule, said(by)]),
        [1],
      ),
    );
  }
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
