/** One line about a job while it runs: `epoch 7/20, auc 0.71`. */
import type { JobProgress } from '#ports/executor.ts';
import type { TrackedRun } from '#ports/tracking.ts';

/** Most metrics in one line. */
const METRICS = 3;

/** From the program's own progress lines; null when the line says nothing. */
export function describeProgress(progress: JobProgress | null): string | null {
  if (!progress) return null;
  const parts: string[] = [];
  if (progress.done !== undefined)
    parts.push(progress.total === undefined ? `epoch ${progress.done}` : `epoch ${progress.done}/${progress.total}`);
  parts.push(...metricsOf(progress.metrics ?? {}));
  if (progress.message) parts.push(progress.message);
  return parts.length > 0 ? parts.join(', ') : null;
}

/** From what the run logged last; null before its first metric. */
export function describeRun(run: TrackedRun): string | null {
  // System metrics are of the machine, not of the training.
  const metrics = Object.entries(run.metrics).filter(([name]) => !name.startsWith('system/'));
  if (metrics.length === 0) return null;
  const step = Math.max(...metrics.map(([name]) => run.steps[name] ?? 0));
  return [...(step > 0 ? [`step ${step}`] : []), ...metricsOf(Object.fromEntries(metrics))].join(', ');
}

const metricsOf = (metrics: Record<string, number>): string[] =>
  Object.entries(metrics)
    .slice(0, METRICS)
    .map(([name, value]) => `${name} ${Number.isInteger(value) ? value : Number(value.toPrecision(4))}`);
