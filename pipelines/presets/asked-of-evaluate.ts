/** What the gate's rules judge by has to be measured: the part of evaluate's input that follows from them. */
import type { z } from 'zod';
import { attributesOf, type GateRules } from '#contracts/gate-rules.ts';
import { loadOf } from '#contracts/latency.ts';
import { perturbationsOf } from '#contracts/robustness.ts';
import type { evaluate } from '#contracts/stages/index.ts';

export function askedOfEvaluate(
  rules: GateRules,
): Pick<
  z.input<typeof evaluate.input>,
  'fairness' | 'latency' | 'calibration' | 'robustness' | 'inputExample' | 'fresh' | 'looks'
> {
  const attributes = attributesOf(rules);
  const load = loadOf(rules);
  const robustness = perturbationsOf(rules);
  return {
    ...(attributes.length > 0 ? { fairness: { attributes } } : {}),
    ...(load ? { latency: load } : {}),
    ...(rules.holdout === 'fresh' ? { fresh: true, looks: rules.looks?.most } : {}),
    ...(rules.calibration ? { calibration: true } : {}),
    ...(robustness ? { robustness } : {}),
    ...(rules.inputExample ? { inputExample: true } : {}),
  };
}
