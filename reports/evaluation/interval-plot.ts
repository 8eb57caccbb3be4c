import type { Evidence } from '#contracts/evidence.ts';
import { boundOf } from '#decisions/gate/rules/comparison.ts';
import { asWritten, numberOf, percent, signed } from '#decisions/gate/words.ts';
import type { Html } from '../html.ts';
import { ink, plot } from '../plots.ts';
import { type Asked, places } from './metrics-section.ts';

/** The compared difference as a bar with its ends, against zero and what the gate asks for. Null when nothing was compared. */
export async function intervalPlot(evidence: Evidence, asked: Asked | null): Promise<Html | null> {
  const metric = asked?.metric ?? evidence.comparisons[0]?.metric;
  const compared = evidence.comparisons.find((each) => each.metric === metric);
  if (!compared) return null;
  const values = {
    lower: numberOf(compared.lower),
    upper: numberOf(compared.upper),
    difference: numberOf(compared.difference),
  };
  if (Object.values(values).some((value) => !Number.isFinite(value))) return null;
  const bound = asked ? boundOf(asked) : 0;
  const named = bound < 0 ? `may be worse by less than ${asWritten(-bound)}` : `minimum effect ${asWritten(bound)}`;
  const marks = [{ at: 0, label: 'no difference' }, ...(bound ? [{ at: bound, label: named }] : [])];
  const decimals = places(evidence, compared.metric);
  const says = `${compared.metric}: better by ${signed(values.difference, decimals)}, interval ${signed(values.lower, decimals)} to ${signed(values.upper, decimals)}${bound ? `, ${named}` : ''}`;
  const x = {
    type: 'quantitative',
    scale: { zero: false, nice: true, padding: 12 },
    axis: { tickCount: 5, title: 'better by', labelExpr: "datum.value == 0 ? '0' : format(datum.value, '+~g')" },
  } as const;
  // The label goes to the side where there is room.
  const low = Math.min(0, bound, values.lower);
  const right = (bound - low) / (Math.max(bound, values.upper) - low) > 0.5;
  return plot(`${compared.metric}: ${percent(compared.confidence)} interval`, says, {
    width: 290,
    height: 76,
    data: { values: [values] },
    layer: [
      {
        data: { values: marks },
        mark: { type: 'rule', stroke: ink.soft },
        encoding: {
          x: { field: 'at', ...x },
          strokeDash: {
            field: 'at',
            type: 'nominal',
            scale: {
              domain: marks.map(({ at }) => at),
              range: [
                [1, 0],
                [5, 4],
              ],
            },
            legend: null,
          },
        },
      },
      {
        data: { values: marks.slice(-1) },
        mark: {
          type: 'text',
          align: right ? 'right' : 'left',
          baseline: 'bottom',
          dx: right ? 4 : -4,
          dy: -3,
          fontSize: 11,
          color: ink.soft,
        },
        encoding: { x: { field: 'at', ...x }, y: { value: 0 }, text: { field: 'label' } },
      },
      {
        mark: { type: 'rule', strokeWidth: 4, stroke: ink.candidate, strokeCap: 'round' },
        encoding: { x: { field: 'lower', ...x }, x2: { field: 'upper' }, y: { value: 46 } },
      },
      {
        mark: { type: 'point', filled: true, size: 130, color: ink.candidate, opacity: 1 },
        encoding: { x: { field: 'difference', ...x }, y: { value: 46 } },
      },
    ],
  });
}
