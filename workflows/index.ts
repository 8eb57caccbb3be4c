/**
 * Entry of the workflow bundle. Each start of a workflow evaluates anew what it requires here, and nothing that only
 * others need: a loop goes without schemas, whose library costs more than all the rest of its start.
 */
declare const require: (path: string) => unknown;

export const chunk: typeof import('./run/chunk.ts').chunk = (...given) =>
  (require('./run/chunk.ts') as typeof import('./run/chunk.ts')).chunk(...given);

export const fire: typeof import('./watch/fire.ts').fire = (...given) =>
  (require('./watch/fire.ts') as typeof import('./watch/fire.ts')).fire(...given);

export const loop: typeof import('./loop/loop.ts').loop = (...given) =>
  (require('./loop/loop.ts') as typeof import('./loop/loop.ts')).loop(...given);

export const materialize: typeof import('./materialize/materialize.ts').materialize = (...given) =>
  (require('./materialize/materialize.ts') as typeof import('./materialize/materialize.ts')).materialize(...given);

export const model: typeof import('./model/model.ts').model = (...given) =>
  (require('./model/model.ts') as typeof import('./model/model.ts')).model(...given);

export const watch: typeof import('./watch/watch.ts').watch = (...given) =>
  (require('./watch/watch.ts') as typeof import('./watch/watch.ts')).watch(...given);

/** Any other type: a run of the pipeline of that name. */
const pipelineRun: typeof import('./run/pipeline-run.ts').pipelineRun = (...given) =>
  (require('./run/pipeline-run.ts') as typeof import('./run/pipeline-run.ts')).pipelineRun(...given);
export default pipelineRun;
