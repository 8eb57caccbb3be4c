/** What the gate's rules about latency, calibration, robustness and the input example ask and the evaluation before it does not measure. */
import type { Json } from '#contracts/json.ts';
import { LoadOptions } from '#contracts/latency.ts';
import { type PerturbationName, RobustnessOptions } from '#contracts/robustness.ts';
import type { Asks } from '#decisions/gate/rules/gate-rule.ts';

/** Of an evaluation; null where it depends on another step. */
export interface MeasuresAsked {
  /** Rows of the requests that it measures. */
  readonly latency: number | 'none' | null;
  readonly calibration: boolean | null;
  readonly robustness: Perturbations | 'none' | null;
  readonly inputExample: boolean | null;
}
interface Perturbations {
  readonly metric: string;
  readonly perturbations: readonly PerturbationName[];
}

export function measuresIn({
  latency,
  calibration,
  robustness,
  inputExample,
}: Readonly<Record<keyof MeasuresAsked, Json | undefined>>): MeasuresAsked {
  return {
    latency: latency === undefined ? 'none' : (LoadOptions.safeParse(latency).data?.rows ?? null),
    calibration: typeof calibration === 'object' ? null : calibration === true,
    robustness: robustness === undefined ? 'none' : (RobustnessOptions.safeParse(robustness).data ?? null),
    inputExample: typeof inputExample === 'object' ? null : inputExample === true,
  };
}

/** In words, one for each rule. */
export function unansweredMeasures(
  { where, latency, calibration, robustness, inputExample }: Asks,
  gate: string,
  measured: MeasuresAsked & { readonly id: string },
): string[] {
  const { id } = measured;
  const found: string[] = [];
  if (latency && measured.latency !== null && measured.latency !== latency.rows)
    found.push(
      `${where} of ${gate} is about requests of ${latency.rows} ${latency.rows === 1 ? 'row' : 'rows'}, and ${id} measures ${measured.latency === 'none' ? 'no latency' : `those of ${measured.latency}`}: write latency: { rows: ${latency.rows} } in its input.`,
    );
  if (calibration && measured.calibration === false)
    found.push(
      `${where} of ${gate} has nothing to judge: write calibration: true in the input of ${id}, which measures none.`,
    );
  if (robustness && measured.robustness !== null && !covers(measured.robustness, robustness))
    found.push(
      `${where} of ${gate} needs robustness: ${shown(robustness)} in the input of ${id}, which measures ${measured.robustness === 'none' ? 'none' : shown(measured.robustness)}.`,
    );
  if (inputExample && measured.inputExample === false)
    found.push(
      `${where} of ${gate} has nothing to judge: write inputExample: true in the input of ${id}, which has none predicted.`,
    );
  return found;
}

const covers = (measured: Perturbations | 'none', asked: Perturbations): boolean =>
  measured !== 'none' &&
  measured.metric === asked.metric &&
  asked.perturbations.every((kind) => measured.perturbations.includes(kind));

const shown = ({ metric, perturbations }: Perturbations): string =>
  `{ metric: '${metric}', perturbations: [${perturbations.map((name) => `'${name}'`).join(', ')}] }`;
