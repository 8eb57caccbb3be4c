/** The port `Predictor` on predict.py: one warm process for each Python environment; each request is a fork of it. */
import { dirname, join } from 'node:path';
import type { InputExample } from '#contracts/signature.ts';
import type { LoadMeasured, LoadRequest, Predictor, PredictRequest, Scores } from '#ports/predictor.ts';
import { inheritedEnvironment } from './job/environment.ts';
import { PredictionServer } from './prediction-server.ts';

type ExampleRequest = Parameters<Predictor['example']>[0];

export interface PythonPredictorOptions {
  /** Folder that holds predict.py. */
  trainers: string;
  /** A process that has had nothing to do for this long is ended; default 5 minutes. Starting one takes seconds of imports. */
  idleMs?: number;
}

export class PythonPredictor implements Predictor {
  readonly #options: PythonPredictorOptions;
  readonly #servers = new Map<string, PredictionServer>();

  constructor(options: PythonPredictorOptions) {
    this.#options = options;
  }

  /** Starts the imports of an environment that will be asked soon. */
  warm(python: string): void {
    this.#server(python).warm();
  }

  async predict({ python, ...request }: PredictRequest, signal: AbortSignal): Promise<Scores> {
    signal.throwIfAborted();
    const { scores } = await this.#server(python).ask(request, signal);
    if (!scores) throw new Error('predict.py answered a request to predict with no scores');
    return scores;
  }

  async load({ python, ...request }: LoadRequest, signal: AbortSignal): Promise<LoadMeasured> {
    signal.throwIfAborted();
    const name = request.models.map((model) => model.name).join(' or ');
    const { load } = await this.#server(python).ask({ name, load: request }, signal);
    const [candidate, champion = null] = load?.sides ?? [];
    if (!candidate) throw new Error('predict.py answered a request to measure with no times');
    return { candidate, champion };
  }

  async example({ python, ...request }: ExampleRequest, signal: AbortSignal): Promise<InputExample> {
    signal.throwIfAborted();
    const { example } = await this.#server(python).ask({ name: request.name, example: request }, signal);
    if (example === undefined) throw new Error('predict.py answered a request about an example with none');
    return example;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
    this.#servers.clear();
  }

  #server(python: string): PredictionServer {
    const known = this.#servers.get(python);
    if (known) return known;
    const { trainers, idleMs = 5 * 60_000 } = this.#options;
    // What the worker knows and a model need not (credentials) stays out.
    const environment = {
      ...inheritedEnvironment(process.env, { path: [dirname(python)] }),
      MLFLOW_DISABLE_TELEMETRY: 'true',
      PYTHONUNBUFFERED: '1',
    };
    const server = new PredictionServer({ python, script: join(trainers, 'predict.py'), environment, idleMs });
    this.#servers.set(python, server);
    return server;
  }
}
