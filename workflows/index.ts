/**
 * Entry of the workflow bundle. Each start of a workflow evaluates anew what it requires here, and nothing that only
 * others need: a loop goes without schemas, whose library costs more than all the rest of its start.
 */
declare const require: (path: string) => unknown;

export const chunk: typeof import('./chunk.ts').chunk = (...given) =>
  (require('./chunk.ts') as typeof import('./chunk.ts')).chunk(...given);

export const fire: typeof import('./fire.ts').fire = (...given) =>
  (require('./fire.ts') as typeof import('./fire.ts')).fire(...given);

export const loop: typeof import('./loop.ts').loop = (...given) =>
  (require('./loop.ts') as typeof import('./loop.ts')).loop(...given);

export const model: typeof import('./model.ts').model = (...given) =>
  (require('./model.ts') as typeof import('./model.ts')).model(...given);

export const watch: typeof import('./watch.ts').watch = (...given) =>
  (require('./watch.ts') as typeof import('./watch.ts')).watch(...given);

/** Any other type: a run of the pipeline of that name. */
const pipelineRun: typeof import('./pipeline-run.ts').pipelineRun = (...given) =>
  (require('./pipeline-run.ts') as typeof import('./pipeline-run.ts')).pipelineRun(...given);
export default pipelineRun;
