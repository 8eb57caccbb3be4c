/** MLflow as a test looks at it: over plain REST, so that no adapter of the product stands between. */
interface RestRun {
  info: { run_id: string; run_name: string };
  data: Record<'params' | 'metrics' | 'tags', { key: string; value: unknown }[] | undefined>;
}
export interface TrackedRun {
  id: string;
  name: string;
  params: Record<string, string>;
  metrics: Record<string, number>;
  tags: Record<string, string>;
}

export class TrackedRuns {
  readonly #url: string;
  constructor(url: string) {
    this.#url = url;
  }

  /** The experiment of a fresh name that starts with `name`. */
  async experiment(name: string): Promise<string> {
    const { experiment_id } = await this.#call<{ experiment_id: string }>('experiments/create', {
      name: `${name} ${crypto.randomUUID()}`,
    });
    return experiment_id;
  }

  async experimentNames(): Promise<string[]> {
    const found = await this.#call<{ experiments: { name: string }[] }>('experiments/search', { max_results: 1000 });
    return found.experiments.map(({ name }) => name);
  }

  async create(experimentId: string, name: string): Promise<string> {
    const body = { experiment_id: experimentId, run_name: name, start_time: Date.now() };
    return (await this.#call<{ run: RestRun }>('runs/create', body)).run.info.run_id;
  }

  async read(runId: string): Promise<TrackedRun> {
    return readable((await this.#call<{ run: RestRun }>(`runs/get?run_id=${runId}`)).run);
  }

  async all(experimentId: string): Promise<TrackedRun[]> {
    const found = await this.#call<{ runs?: RestRun[] }>('runs/search', { experiment_ids: [experimentId] });
    return (found.runs ?? []).map(readable);
  }

  async models(experimentId: string): Promise<{ runId: string; status: string }[]> {
    type Models = { models?: { info: { source_run_id: string; status: string } }[] };
    const found = await this.#call<Models>('logged-models/search', { experiment_ids: [experimentId] });
    return (found.models ?? []).map(({ info }) => ({ runId: info.source_run_id, status: info.status }));
  }

  async registeredModels(): Promise<string[]> {
    const found = await this.#call<{ registered_models?: { name: string }[] }>('registered-models/search');
    return (found.registered_models ?? []).map(({ name }) => name);
  }

  /** In the order of steps. */
  async history(runId: string, key: string): Promise<{ step: number; value: number }[]> {
    type History = { metrics?: { step?: number | string; value: number }[] };
    const found = await this.#call<History>(`metrics/get-history?run_id=${runId}&metric_key=${key}`);
    const values = (found.metrics ?? []).map(({ step, value }) => ({ step: Number(step ?? 0), value }));
    return values.sort((a, b) => a.step - b.step);
  }

  async logMetric(runId: string, key: string, value: number, step: number): Promise<void> {
    await this.#call('runs/log-metric', { run_id: runId, key, value, step, timestamp: Date.now() });
  }

  async #call<T>(path: string, body?: unknown): Promise<T> {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${this.#url}/api/2.0/mlflow/${path}`, body === undefined ? {} : post);
    const text = await response.text();
    if (!response.ok) throw new Error(`MLflow ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}

function readable({ info, data }: RestRun): TrackedRun {
  const table = <T>(entries: { key: string; value: unknown }[] | undefined, as: (value: unknown) => T) =>
    Object.fromEntries((entries ?? []).map(({ key, value }) => [key, as(value)]));
  return {
    id: info.run_id,
    name: info.run_name,
    params: table(data.params, String),
    metrics: table(data.metrics, Number),
    tags: table(data.tags, String),
  };
}
