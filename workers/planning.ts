/**
 * Planning without a worker: what `ratchet plan`, `graph` and the check before a start need of the composition. Nothing is
 * stored: a run's own plan, which its worker makes, brings its code there.
 */
import type { StepCache } from '#activities/dispatch/cached-step.ts';
import { planRun } from '#activities/run/plan-run.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import type { PlannedRun } from '#contracts/activities.ts';
import type { Json } from '#contracts/json.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import { CodeCache } from './code/code-store.ts';
import { ProjectCode } from './code/pipeline-code.ts';
import { createStepCache } from './step-cache.ts';
import { StepHosts } from './step-host/pool.ts';
import type { Loaded } from './step-host/protocol.ts';

export interface Planning {
  readonly cache: StepCache;
  /**
   * Starts what builds the pipeline's graph, and resolves while it loads: time for the caller to load clients of its own.
   * What is wrong with the pipeline is told by {@link plan}.
   */
  begin(pipeline: string): Promise<void>;
  /** The plan that a run started now would follow. Throws as `planRun`. */
  plan(request: { pipeline: string; params: Json; asOf?: string }): Promise<PlannedRun>;
  /** JSON Schema of the pipeline's params. */
  paramsSchema(pipeline: string): Promise<Json>;
  /** Every pipeline of the project, as its module describes itself. */
  describeAll(): Promise<Loaded[]>;
  close(): Promise<void>;
}

export function createPlanning(parts: {
  root: string;
  environment: string;
  store: ObjectStore;
  tracking: Tracking;
}): Planning {
  const { root, environment, store, tracking } = parts;
  const codes = new CodeCache(root, store);
  const hosts = new StepHosts({ root, bundlePath: (digest) => codes.load(digest) });
  const tables = createTables();
  const code = new ProjectCode({ root, store: null, codes, hosts });
  return {
    cache: createStepCache({ root, store, tables, tracking }),
    plan: ({ pipeline, params, asOf }) =>
      planRun(
        { code, store, tracking, environment, host: 'none' },
        {
          workflowId: `plan/${pipeline}`,
          pipeline,
          params,
          envelope: asOf ? { asOf } : {},
          startedAt: new Date().toISOString(),
        },
      ),
    begin: (pipeline) => code.begin(pipeline),
    paramsSchema: (pipeline) => code.paramsSchema(pipeline),
    describeAll: () => code.describeAll(),
    close: async () => {
      await Promise.all([hosts.close(), tables.close()]);
    },
  };
}
