/** Step hosts as the dispatcher sees them. */
import type { RunTypeScript, TypeScriptSteps } from '#activities/dispatch/step-work.ts';
import type { DatasetRef, FileRef, Format } from '#contracts/data.ts';
import { milliseconds } from '#contracts/duration.ts';
import type { Json } from '#contracts/json.ts';
import type { StepCall } from '#contracts/run.ts';
import type { JobHooks } from './host.ts';
import type { StepHosts } from './pool.ts';
import type { Ran, RunJob, Service } from './protocol.ts';

/** Less than the margin that a run's workflow leaves beyond the step's timeout: waiting must not eat into the work. */
const PATIENCE_MS = 20_000;

/** What steps may ask of the worker: see StepContext. */
export interface StepServices {
  localPath(ref: DatasetRef | FileRef, signal: AbortSignal): Promise<string>;
  saveDataset(path: string, format: Format, signal: AbortSignal): Promise<DatasetRef>;
}

export function typeScriptSteps(hosts: StepHosts, services: StepServices): TypeScriptSteps {
  /** @param perform in any host, or in the one that is held for a batch */
  const running =
    (perform: (call: StepCall, job: Omit<RunJob, 'kind'>, hooks: JobHooks) => Promise<Ran>): RunTypeScript =>
    (call, { workdir, log, seed }, { signal, progress }) =>
      perform(
        call,
        { step: call.step, input: call.input, asOf: call.run.asOf, seed, workdir, log },
        {
          signal,
          progress,
          timeoutMs: milliseconds(call.code.timeout),
          serve: (service, args) => serve(services, service, args, signal),
        },
      );
  const where = ({ bundle, code }: Pick<StepCall, 'bundle' | 'code'>) => ({ bundle, memoryMb: code.memoryMb });
  return {
    run: running((call, job, hooks) => hosts.run(where(call), job, { ...hooks, patienceMs: PATIENCE_MS })),
    together: (call, signal, work) =>
      hosts.together(where(call), { signal, patienceMs: PATIENCE_MS }, (perform) =>
        work(running((_, job, hooks) => perform(job, hooks))),
      ),
    vectors: (call, log, job, signal) =>
      hosts.vectors(
        where(call),
        { step: call.step, log, ...job },
        { signal, timeoutMs: milliseconds(call.code.timeout), patienceMs: PATIENCE_MS },
      ),
    check: (call, side, value, signal) =>
      hosts.check({ bundle: call.bundle }, { step: call.step, side, value }, { signal }),
  };
}

async function serve(services: StepServices, service: Service, args: Json[], signal: AbortSignal): Promise<Json> {
  // Both ends are ours (run-step.ts): the arguments are what the step passed, checked by the services themselves.
  if (service === 'localPath') return services.localPath(args[0] as unknown as DatasetRef, signal);
  return services.saveDataset(args[0] as string, args[1] as Format, signal);
}
