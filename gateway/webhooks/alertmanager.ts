/**
 * Alertmanager's webhook, version 4. A firing alert says that something is wrong with a pipeline's model; what, its
 * annotations may tell: `ratchet_metric` and `ratchet_value` make it an observed metric, `ratchet_drift_share` a measured
 * drift (`"{{ $value }}"` in a Prometheus rule, or `"{{ $value | humanizePercentage }}"`: 61.2% is 0.612). One whose annotations
 * cannot be read so is named and starts nothing; any other alert asks for a run as a person does.
 */
import { z } from 'zod';
import { Problem } from '../problem.ts';
import { type Mapped, type MappedEvidence, shortened } from './mapped.ts';

const Labels = z.record(z.string().max(200), z.string().max(4_096));
const Alert = z.looseObject({
  status: z.enum(['firing', 'resolved']),
  labels: Labels,
  annotations: Labels.default({}),
  startsAt: z.iso.datetime({ offset: true }),
  fingerprint: z.string().regex(/^[0-9a-f]{1,64}$/i),
});
type Alert = z.output<typeof Alert>;
export const AlertmanagerBody = z.looseObject({
  version: z.literal('4'),
  groupKey: z.string().max(10_000),
  truncatedAlerts: z.number().int().nonnegative().default(0),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string().max(500),
  externalURL: z.string().max(2_000).default(''),
  alerts: z.array(Alert).max(1_000),
});
export type AlertmanagerBody = z.output<typeof AlertmanagerBody>;

/**
 * One event an alert that fires. Its id is the alert's and its beginning: told again every few hours, it stays one.
 *
 * @throws Problem unprocessable when none of those that fire can be read: Alertmanager counts it as a failed notification.
 */
export function mapAlerts(body: AlertmanagerBody): Mapped {
  const firing = body.alerts.filter((alert) => alert.status === 'firing');
  const answers = firing.map(told);
  const events = answers.flatMap((each) => (typeof each === 'string' ? [] : [each]));
  const wrong = answers.filter((each) => typeof each === 'string');
  if (events.length === 0 && wrong.length > 0)
    throw new Problem('unprocessable', shortened(wrong.join('; '), 1_000), {
      next: 'Mend the annotation in the rule: a number like 0.612, or 61.2%.',
    });
  const notes = [
    ...(firing.length < body.alerts.length ? [`${body.alerts.length - firing.length} resolved`] : []),
    ...(wrong.length > 0 ? [shortened(wrong.join('; '), 1_000)] : []),
    ...(body.truncatedAlerts > 0
      ? [`Alertmanager left ${body.truncatedAlerts} alerts out of its message: raise max_alerts of the receiver`]
      : []),
  ];
  return { events, ignored: notes.length > 0 ? notes.join('; ') : null };
}

/** @returns what is wrong with its annotations, where they cannot be read */
function told(alert: Alert): MappedEvidence | string {
  const { annotations, labels } = alert;
  const name = shortened(labels.alertname ?? 'an alert', 200);
  const at = new Date(alert.startsAt);
  const origin = {
    id: `alertmanager:${alert.fingerprint.toLowerCase()}:${at.getTime()}`,
    at: at.toISOString(),
    source: 'alertmanager',
    who: name,
  };
  const { ratchet_drift_share: drift, ratchet_value: given, ratchet_metric: metric } = annotations;
  if (drift !== undefined) {
    const share = figureIn(drift);
    if (share === null || share < 0 || share > 1)
      return `${name}: ratchet_drift_share is ${shownText(drift)}, a share of the columns from 0 to 1 is wanted`;
    return { kind: 'driftMeasured', ...origin, share };
  }
  if (metric !== undefined || given !== undefined) {
    if (!metric?.trim() || metric.length > 100)
      return `${name}: ratchet_value needs the name of its metric, ratchet_metric, of 1 to 100 characters`;
    const value = figureIn(given ?? '');
    if (value === null)
      return `${name}: ratchet_value is ${shownText(given ?? '')}, a finite number, or a percentage, is wanted`;
    return { kind: 'metricObserved', ...origin, metric, value };
  }
  const words = annotations.summary || annotations.description || labels.alertname || 'an alert fires';
  return { kind: 'fired', ...origin, trigger: 'manual', detail: shortened(words) };
}

const shownText = (text: string) => JSON.stringify(shortened(text, 60));

/** A decimal number, with a percent sign a hundredth of it; null for all else, NaN and infinities among it. */
function figureIn(text: string): number | null {
  const [, number, percent] = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(\s?%)?$/i.exec(text.trim()) ?? [];
  // Shifted in decimals: 61.2 / 100 is not 0.612 in doubles.
  const value = number === undefined ? Number.NaN : percent ? percentage(number) : Number(number);
  return Number.isFinite(value) ? value : null;
}

function percentage(number: string): number {
  const [digits = '', exponent = '0'] = number.toLowerCase().split('e');
  return Number(`${digits}e${Number(exponent) - 2}`);
}
