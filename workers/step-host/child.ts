/**
 * A step host: a process of its own that has loaded one pipeline's code and does one job at a time for its worker.
 * Arguments: path of the bundle, root of the project, and for a module of many pipelines the ISO time that their graphs are
 * to be built for. Whatever the code in here does (block, exit, eat memory), the
 * worker lives on and can say what happened.
 */
import { pathToFileURL } from 'node:url';
import type { RunnablePipeline } from '#contracts/compiled.ts';
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import { missingImport } from './missing-import.ts';
import { watchParent } from './parent-watch.ts';
import type { Answers, BuiltGraph, FromHost, HostFailure, Job, Loaded, Service, ToHost } from './protocol.ts';
import { hostFailure, parseSide, runStep } from './run-step.ts';
import { runVectors } from './run-vectors.ts';
import { captureOutput, logTo } from './step-log.ts';
import { installRegistry } from './step-registry.ts';

const [bundle = '', root = process.cwd(), graphsAsOf] = process.argv.slice(2);
const channel = process.send?.bind(process);
if (!channel) throw new Error('a step host is started by a worker');
const send = (message: FromHost) => void channel(message);

process.setSourceMapsEnabled(true);
captureOutput();
const { steps, origins } = installRegistry(root);

interface Current {
  id: number;
  stop: AbortController;
  fail(failure: HostFailure): void;
}
let current: Current | null = null;
const waiting = new Map<number, { resolve(value: Json): void; reject(error: Error): void }>();
let calls = 0;

function ask(id: number, service: Service, args: Json[]): Promise<Json> {
  const call = ++calls;
  return new Promise((resolve, reject) => {
    waiting.set(call, { resolve, reject });
    send({ type: 'call', id, call, service, args });
  });
}

async function perform(
  pipeline: RunnablePipeline,
  id: number,
  job: Job,
  signal: AbortSignal,
): Promise<Answers[Job['kind']]> {
  if (job.kind === 'compile') {
    const graph = pipeline.compile(job.params, { champion: job.champion, asOf: job.asOf });
    return { graph, origins };
  }
  if (job.kind === 'vectors') {
    logTo(job.log);
    return runVectors(job, signal);
  }
  const step = steps.get(job.step);
  if (!step)
    throw new UserError(
      'InvalidPipeline',
      `The code that this run is pinned to defines no step "${job.step}": start the run again.`,
    );
  if (job.kind === 'check') return { value: await parseSide(step, job.side, job.value) };
  logTo(job.log);
  return runStep(step, job, {
    signal,
    progress: (text) => send({ type: 'progress', id, text }),
    ask: (service, args) => ask(id, service, args),
  });
}

function work(pipeline: RunnablePipeline, id: number, job: Job): void {
  const what = job.kind === 'compile' ? `The pipeline "${pipeline.name}" cannot be built` : `Step "${job.step}" failed`;
  const stop = new AbortController();
  let over = false;
  const end = (message: FromHost) => {
    if (over) return;
    over = true;
    current = null;
    send(message);
  };
  current = { id, stop, fail: (failure) => end({ type: 'failed', id, failure, spoilt: true }) };
  perform(pipeline, id, job, stop.signal).then(
    // One turn of the event loop, so that a promise that the step left rejected is still the step's failure.
    (answer) => setImmediate(() => end({ type: 'done', id, answer })),
    async (error) => {
      const otherwise = job.kind === 'compile' ? 'InvalidPipeline' : 'StepFailed';
      const failure = hostFailure(error, what, root, otherwise, await missingImport(error));
      end({ type: 'failed', id, failure, spoilt: false });
    },
  );
}

/** Nobody awaited it: it belongs to the step that runs. Without one the process ends, and the worker starts another. */
function stray(error: unknown, kind: string): void {
  if (!current) process.exit(1);
  current.fail(hostFailure(error, kind, root, 'StepFailed'));
}
process.on('unhandledRejection', (error) => stray(error, 'A promise of the step was rejected and nobody handled it'));
process.on('uncaughtException', (error) => stray(error, 'An error of the step was thrown where nobody could catch it'));
// Ctrl-C reaches every process of a terminal; when to end is for the worker to say.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));

function listen(pipeline: RunnablePipeline): void {
  process.on('message', (message: ToHost) => {
    if (message.type === 'job') work(pipeline, message.id, message.job);
    else if (message.type === 'stop') {
      if (current?.id !== message.id) return;
      send({ type: 'stopping', id: message.id });
      current.stop.abort(new Error('the step was told to stop'));
    } else {
      const asked = waiting.get(message.call);
      waiting.delete(message.call);
      if (message.error) asked?.reject(new UserError(message.error.type, message.error.message));
      else asked?.resolve(message.value ?? null);
    }
  });
}

const describe = (pipeline: RunnablePipeline): Loaded => ({
  name: pipeline.name,
  model: pipeline.model ?? null,
  paramsSchema: pipeline.paramsSchema(),
  // Plain data, as definePipeline checked it.
  triggers: (pipeline.triggers ?? null) as Json,
  limits: (pipeline.limits ?? null) as Json,
  watch: (pipeline.watch ?? null) as Json,
});

function built(pipeline: RunnablePipeline, asOf: string): BuiltGraph {
  try {
    return { graph: pipeline.compile({}, { champion: null, asOf }) };
  } catch (error) {
    const { type, message } = hostFailure(error, '', root, 'InvalidPipeline');
    // Params without a default: the same words as alone.
    return type === 'InvalidInput' ? { wants: message } : null;
  }
}

try {
  const module = (await import(pathToFileURL(bundle).href)) as {
    default?: RunnablePipeline;
    pipelines?: RunnablePipeline[];
  };
  const { default: pipeline, pipelines } = module;
  if (!pipeline && Array.isArray(pipelines)) {
    const all = pipelines.map(describe);
    send({
      type: 'described',
      all,
      ...(graphsAsOf ? { graphs: pipelines.map((each) => built(each, graphsAsOf)) } : {}),
    });
  } else {
    if (typeof pipeline?.compile !== 'function')
      throw new UserError(
        'InvalidPipeline',
        "The pipeline's module has no default export made by definePipeline: write `export default definePipeline({ … })`.",
      );
    listen(pipeline);
    send({ type: 'loaded', loaded: describe(pipeline) });
  }
  watchParent();
} catch (error) {
  const hint = await missingImport(error);
  send({ type: 'broken', failure: hostFailure(error, 'The pipeline cannot be loaded', root, 'InvalidPipeline', hint) });
}
