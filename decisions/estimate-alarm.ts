/** Does an estimate call for somebody? One chunk of many that alerts does not: limits of 3 deviations are left by chance. */
import type { Estimate } from '#contracts/estimate.ts';

export const alarmRules = ['fall', 'any'] as const;
/** `fall`: performance fell, or the concept drifted, in chunks enough to be no chance; `any`: a chunk alerts, either way. */
export type AlarmRule = (typeof alarmRules)[number];

export function alarms({ alert, drift }: Pick<Estimate, 'alert' | 'drift'>, rule: AlarmRule = 'fall'): boolean {
  if (rule === 'any') return alert;
  return drift.performance.holds === false || drift.concept.seen === true;
}
