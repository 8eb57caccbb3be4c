/** Step hosts as the dispatcher sees them. */
import type { TypeScriptSteps } from '#activities/dispatch/step-work.ts';
import type { DatasetRef, FileRef, Format } from '#contracts/data.ts';
import { milliseconds } from '#contracts/duration.ts';
import type { Json } from '#contracts/json.ts';
import type { StepHosts } from './pool.ts';
import type { Service } from './protocol.ts';

/** Less than the margin that a run's workflow leaves beyond the step's timeout: waiting must not eat into the work. */
const PATIENCE_MS = 20_000;

/** What steps may ask of the worker: see StepContext. */
export interface StepServices {
  localPath(ref: DatasetRef | FileRef, signal: AbortSignal): Promise<string>;
  saveDataset(path: string, format: Format, signal: AbortSignal): Promise<DatasetRef>;
}

export function typeScriptSteps(hosts: StepHosts, services: StepServices): TypeScriptSteps {
  return {
    run: (call, { workdir, log, seed }, { signal, progress }) =>
      hosts.run(
        { bundle: call.bundle, memoryMb: call.code.memoryMb },
        { step: call.step, input: call.input, asOf: call.run.asOf, seed, workdir, log },
        {
          signal,
          progress,
          timeoutMs: milliseconds(call.code.timeout),
          patienceMs: PATIENCE_MS,
          serve: (service, args) => serve(services, service, args, signal),
        },
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
