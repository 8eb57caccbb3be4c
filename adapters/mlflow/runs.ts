/** Experiments and runs. */

import { UserError } from '#contracts/failures.ts';
import type { TrackedRun, Tracking } from '#ports/tracking.ts';
import { CreatedExperiment, ExperimentAnswer, HistoryAnswer, type Run, RunAnswer, RunsAnswer } from './answers.ts';
import { isDuplicate, isMissing } from './failures.ts';
import type { MlflowHttp } from './http.ts';

const api = 'api/2.0/mlflow';
/** Most of each in one log-batch, which takes 1,000 of all sorts together. */
const BATCH = { metrics: 800, params: 100, tags: 100 };

type Runs = Pick<
  Tracking,
  'ensureExperiment' | 'ensureRun' | 'run' | 'runsTagged' | 'log' | 'logInputs' | 'metricHistory' | 'finish' | 'reopen'
>;

/** On the run that all who ask for its key go on with. */
const AGREED = 'ratchet.agreed';

export function createRuns(http: MlflowHttp): Runs {
  // Many nodes of one pipeline run ask for the same parent at once: one question for all of them.
  const asking = new Map<string, Promise<TrackedRun>>();

  async function searchRuns(experimentId: string, tag: string, is: string): Promise<Run[]> {
    const found: Run[] = [];
    let page: string | undefined;
    do {
      const answer = await http.ask('post', `${api}/runs/search`, {
        doing: `looking for runs with ${tag} = ${is}`,
        schema: RunsAnswer,
        body: {
          experiment_ids: [experimentId],
          filter: `tags.\`${tag}\` = ${quoted(is)}`,
          run_view_type: 'ACTIVE_ONLY',
          max_results: 1000,
          order_by: ['attributes.start_time ASC', 'attributes.run_id ASC'],
          ...(page ? { page_token: page } : {}),
        },
      });
      found.push(...answer.runs);
      page = answer.next_page_token;
    } while (page);
    // The order is part of the agreement between two callers, so it is not left to the server's.
    return found.sort((a, b) => a.info.start_time - b.info.start_time || (a.info.run_id < b.info.run_id ? -1 : 1));
  }

  /** Of the runs with this key the one that was agreed upon; before there is one, the oldest. */
  async function agreed(experimentId: string, key: string): Promise<TrackedRun | undefined> {
    const found = (await searchRuns(experimentId, 'ratchet.key', key)).map(tracked);
    return found.find(({ tags }) => tags[AGREED]) ?? found[0];
  }

  /** From now on no other is: a creating request that was thought lost may arrive at any time, and it is older. */
  async function agree(run: TrackedRun): Promise<TrackedRun> {
    if (run.tags[AGREED]) return run;
    await http.ask('post', `${api}/runs/set-tag`, {
      doing: `marking the run ${run.runId} as the one of its key`,
      upsert: true,
      body: { run_id: run.runId, key: AGREED, value: 'true' },
    });
    return { ...run, tags: { ...run.tags, [AGREED]: 'true' } };
  }

  async function ensureRun(request: Parameters<Runs['ensureRun']>[0]): Promise<TrackedRun> {
    const { experimentId, key, name, parent, tags } = request;
    const earlier = await agreed(experimentId, key);
    if (earlier) return agree(earlier);
    const { run: made } = await http.ask('post', `${api}/runs/create`, {
      doing: `creating the run "${name}"`,
      schema: RunAnswer,
      body: {
        experiment_id: experimentId,
        run_name: name,
        start_time: Date.now(),
        tags: entries({
          'mlflow.runName': name,
          'mlflow.user': 'ratchet',
          'mlflow.source.name': 'ratchet',
          ...(parent ? { 'mlflow.parentRunId': parent } : {}),
          ...tags,
          'ratchet.key': key,
        }),
      },
    });
    const first = await agreed(experimentId, key);
    if (!first || first.runId === made.info.run_id) return agree(tracked(made));
    await http.ask('post', `${api}/runs/delete`, {
      doing: `removing the surplus run ${made.info.run_id}`,
      body: { run_id: made.info.run_id },
    });
    return agree(first);
  }

  const run: Runs['run'] = async (runId) => {
    const answer = await http.ask('get', `${api}/runs/get`, {
      doing: `reading run ${runId}`,
      schema: RunAnswer,
      query: { run_id: runId },
    });
    return tracked(answer.run);
  };

  return {
    async ensureExperiment(name) {
      const read = async () => {
        const { experiment } = await http.ask('get', `${api}/experiments/get-by-name`, {
          doing: `reading the experiment "${name}"`,
          schema: ExperimentAnswer,
          query: { experiment_name: name },
        });
        if (experiment.lifecycle_stage === 'deleted')
          await http.ask('post', `${api}/experiments/restore`, {
            doing: `restoring the experiment "${name}"`,
            body: { experiment_id: experiment.experiment_id },
          });
        return experiment.experiment_id;
      };
      try {
        return await read();
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      try {
        const made = await http.ask('post', `${api}/experiments/create`, {
          doing: `creating the experiment "${name}"`,
          schema: CreatedExperiment,
          body: { name },
        });
        return made.experiment_id;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        return read();
      }
    },

    ensureRun(request) {
      const key = `${request.experimentId} ${request.key}`;
      const running = asking.get(key) ?? ensureRun(request).finally(() => asking.delete(key));
      asking.set(key, running);
      return running;
    },

    run,

    async log(runId, { metrics = {}, params = {}, tags = {}, step = 0, timestamp }) {
      const all = {
        metrics: Object.entries(metrics).map(([key, value]) => ({
          key,
          // JSON has no NaN or Infinity; MLflow reads the words.
          value: Number.isFinite(value) ? value : String(value),
          timestamp,
          step,
        })),
        params: entries(params),
        tags: entries(tags),
      };
      do {
        await http.ask('post', `${api}/runs/log-batch`, {
          doing: `logging to run ${runId}`,
          upsert: true,
          body: {
            run_id: runId,
            metrics: all.metrics.splice(0, BATCH.metrics),
            params: all.params.splice(0, BATCH.params),
            tags: all.tags.splice(0, BATCH.tags),
          },
        });
      } while (all.metrics.length + all.params.length + all.tags.length > 0);
    },

    async logInputs(runId, datasets) {
      await http.ask('post', `${api}/runs/log-inputs`, {
        doing: `logging the inputs of run ${runId}`,
        upsert: true,
        body: {
          run_id: runId,
          datasets: datasets.map(({ name, digest, uri, context }) => ({
            tags: [{ key: 'mlflow.data.context', value: context }],
            // MLflow keeps 36 characters of a digest; the whole one is in the source.
            dataset: { name, digest: digest.slice(0, 36), source_type: 's3', source: JSON.stringify({ uri, digest }) },
          })),
        },
      });
    },

    async metricHistory(runId, key) {
      const found: { step: number; value: number; timestamp: number }[] = [];
      let page: string | undefined;
      do {
        const answer = await http.ask('get', `${api}/metrics/get-history`, {
          doing: `reading the metric ${key} of run ${runId}`,
          schema: HistoryAnswer,
          query: { run_id: runId, metric_key: key, max_results: 10_000, ...(page ? { page_token: page } : {}) },
        });
        found.push(...answer.metrics);
        page = answer.next_page_token;
      } while (page);
      return found.sort((a, b) => a.step - b.step || a.timestamp - b.timestamp);
    },

    async finish(runId, status) {
      if ((await run(runId)).status === status) return;
      await http.ask('post', `${api}/runs/update`, {
        doing: `ending run ${runId} as ${status}`,
        body: { run_id: runId, status, end_time: Date.now() },
      });
    },

    async reopen(runId) {
      if ((await run(runId)).status === 'RUNNING') return;
      await http.ask('post', `${api}/runs/update`, {
        doing: `opening run ${runId} again`,
        body: { run_id: runId, status: 'RUNNING' },
      });
    },

    runsTagged: async (experimentId, tag, is) => (await searchRuns(experimentId, tag, is)).map(tracked),
  };
}

/** A string of MLflow's filter language; it knows no escape, so what holds both quotes cannot be asked for. */
export function quoted(text: string): string {
  if (!text.includes("'")) return `'${text}'`;
  if (!text.includes('"')) return `"${text}"`;
  throw new UserError(
    'InvalidInput',
    `${JSON.stringify(text)} holds both sorts of quotes: use at most one sort in names`,
  );
}

const entries = (record: Record<string, string>) => Object.entries(record).map(([key, value]) => ({ key, value }));

function tracked({ info, data }: Run): TrackedRun {
  return {
    runId: info.run_id,
    experimentId: info.experiment_id,
    name: info.run_name,
    artifactUri: info.artifact_uri,
    status: info.status,
    tags: data.tags,
    params: data.params,
    metrics: Object.fromEntries(data.metrics.map(({ key, value }) => [key, value])),
    steps: Object.fromEntries(data.metrics.map(({ key, step }) => [key, step])),
  };
}
