/** Which of the models that a trainer logged is the candidate. */
import { z } from 'zod';
import { type Figure, figure } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { LoggedModel, TrackedRun, Tracking } from '#ports/tracking.ts';

/** Written by the job's sitecustomize where a script registered its model itself. */
const Candidate = z.object({ uri: z.string(), runId: z.string().optional() });

export interface Chosen {
  uri: string;
  runId: string;
  /** Set when there was a choice, in words. */
  note: string | null;
}

/**
 * The model that the script registered (see trainers/README.md), else the newest one that it logged.
 * @throws UserError JobFailed when it logged none.
 */
export async function chooseModel(tracking: Pick<Tracking, 'models'>, run: TrackedRun, node: string): Promise<Chosen> {
  const named = candidateOf(run);
  if (named) return { uri: named.uri, runId: named.runId ?? run.runId, note: null };
  const models = await tracking.models(run.runId);
  const newest = models.at(-1);
  if (!newest)
    throw new UserError(
      'JobFailed',
      `The trainer of ${node} ended well but logged no model: call mlflow.sklearn.log_model(model, name="model") (or the same of another flavour) before it ends.`,
    );
  return { uri: newest.uri, runId: newest.runId, note: models.length > 1 ? choiceInWords(models, newest) : null };
}

function choiceInWords(models: LoggedModel[], newest: LoggedModel): string {
  const names = models.map(({ name }) => name).join(', ');
  return `the trainer logged ${models.length} models (${names}): the newest, ${newest.name} (${newest.uri}), is the candidate`;
}

function candidateOf(run: TrackedRun): z.output<typeof Candidate> | null {
  const text = run.tags['ratchet.candidate'];
  if (!text) return null;
  try {
    return Candidate.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Metrics that a history carries at most; the rest stays in MLflow. */
const MOST_METRICS = 300;

/** Last value of each metric, those that are not finite as strings; by name, system metrics left out. */
export function metricsOf(run: TrackedRun): Record<string, Figure> {
  const entries = Object.entries(run.metrics)
    .filter(([name]) => !name.startsWith('system/'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, MOST_METRICS);
  return Object.fromEntries(entries.map(([name, value]) => [name, figure(value)]));
}
