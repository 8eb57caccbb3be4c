/** Entry of the workflow bundle. The default export runs any pipeline under the pipeline's own name. */
export { chunk } from './chunk.ts';
export { fire } from './fire.ts';
export { loop } from './loop.ts';
export { model } from './model.ts';
export { pipelineRun as default } from './pipeline-run.ts';
export { watch } from './watch.ts';
