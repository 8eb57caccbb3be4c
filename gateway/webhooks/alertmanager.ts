/**
 * Alertmanager's webhook, version 4. A firing alert says that something is wrong with a pipeline's model; what, its
 * annotations may tell: `ratchet_metric` and `ratchet_value` make it an observed metric, `ratchet_drift_share` a measured
 * drift (`"{{ $value }}"` in a Prometheus rule). Any other alert asks for a run as a person does.
 */
import { z } from 'zod';
import { type Mapped, shortened, type Told } from './mapped.ts';

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

/** One event an alert that fires. Its id is the alert's and its beginning: told again every few hours, it stays one. */
export function mapAlerts(body: AlertmanagerBody): Mapped {
  const firing = body.alerts.filter((alert) => alert.status === 'firing');
  const notes = [
    ...(firing.length < body.alerts.length ? [`${body.alerts.length - firing.length} resolved`] : []),
    ...(body.truncatedAlerts > 0
      ? [`Alertmanager left ${body.truncatedAlerts} alerts out of its message: raise max_alerts of the receiver`]
      : []),
  ];
  return { events: firing.map(told), ignored: notes.length > 0 ? notes.join('; ') : null };
}

function told(alert: Alert): Told {
  const { annotations, labels } = alert;
  const at = new Date(alert.startsAt);
  const origin = {
    id: `alertmanager:${alert.fingerprint.toLowerCase()}:${at.getTime()}`,
    at: at.toISOString(),
    source: 'alertmanager',
    who: shortened(labels.alertname ?? 'an alert', 200),
  };
  const share = figureIn(annotations.ratchet_drift_share);
  if (share !== null && share >= 0 && share <= 1) return { kind: 'driftMeasured', ...origin, share };
  const value = figureIn(annotations.ratchet_value);
  const metric = annotations.ratchet_metric;
  if (value !== null && metric) return { kind: 'metricObserved', ...origin, metric: metric.slice(0, 100), value };
  const words = annotations.summary || annotations.description || labels.alertname || 'an alert fires';
  return { kind: 'fired', ...origin, trigger: 'manual', detail: shortened(words) };
}

function figureIn(text: string | undefined): number | null {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}
