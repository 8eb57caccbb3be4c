/** `--threshold` and `--bad` of `ratchet backtest`. */
import { DriftMethod } from '#contracts/drift.ts';
import { UserError } from '#contracts/failures.ts';
import { type Condition, conditionShapes } from '#contracts/trigger-condition.ts';

/** From `psi=0.15`. @throws UserError InvalidInput */
export function thresholdOf(text: string): [DriftMethod, number] {
  const [name = '', value = ''] = text.split('=');
  const method = DriftMethod.safeParse(name);
  if (method.success && value.trim() !== '' && Number(value) >= 0) return [method.data, Number(value)];
  throw new UserError(
    'InvalidInput',
    `--threshold ${text}: give a method and its threshold, psi=0.15; methods are ${DriftMethod.options.join(', ')}`,
  );
}

/** From `roc_auc<0.65`. @throws UserError InvalidInput */
export function limitOf(text: string): Extract<Condition, { kind: 'performance' }> {
  const [, metric, sign, limit] = /^\s*([A-Za-z_][\w.]*)\s*([<>])\s*(-?[\d.]+)\s*$/.exec(text) ?? [];
  if (metric === undefined || !Number.isFinite(Number(limit)))
    throw new UserError('InvalidInput', `--bad ${text}: give a metric and its limit, "roc_auc<0.65" or "rmse>12"`);
  const beyond = sign === '<' ? { below: Number(limit) } : { above: Number(limit) };
  return conditionShapes.performance.parse({ kind: 'performance', metric, ...beyond });
}
