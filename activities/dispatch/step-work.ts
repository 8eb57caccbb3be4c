/** Who does a step's work, as the dispatcher sees them: step hosts for TypeScript. Made in workers/. */

import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import type { StepCall } from '#contracts/run.ts';
import type { OnVectors } from '../stage.ts';

/** A step host ended under its step. `killed`: by somebody else, which is the machine's doing and not the step's. */
export class HostDied extends UserError {
  readonly killed: boolean;
  constructor(message: string, killed: boolean) {
    super('StepHostDied', message);
    this.killed = killed;
  }
}

/** Every step host is busy: the attempt gives its place free and comes back, so that its time limit begins anew. */
export class HostsBusy extends Error {
  override readonly name = 'HostsBusy';
}

export interface WorkHooks {
  signal: AbortSignal;
  progress(text: string): void;
}

export interface Performed {
  output: Json;
  /** The step read `context.asOf`: its output holds for that time only. */
  readAsOf: boolean;
}

/** Runs the step in a host that has loaded the code of `call.bundle`. */
export type RunTypeScript = (
  call: StepCall,
  attempt: { workdir: string; log: string; seed: number },
  hooks: WorkHooks,
) => Promise<Performed>;

export interface TypeScriptSteps {
  run: RunTypeScript;
  /**
   * Many calls of one bundle and memory limit, one after another in one host; where a call ends it, the next has another.
   * @throws HostsBusy before `work` begins
   */
  together<T>(
    call: Pick<StepCall, 'bundle' | 'code'>,
    signal: AbortSignal,
    work: (run: RunTypeScript) => Promise<T>,
  ): Promise<T>;
  /** For a stage: functions on demand of `call.bundle` over vectors in a file, in a host. */
  vectors(
    call: Pick<StepCall, 'bundle' | 'code' | 'step'>,
    log: string,
    job: Parameters<OnVectors>[0],
    signal: AbortSignal,
  ): Promise<number>;
  /** One side of a step's schema, for steps whose work is done elsewhere. @throws UserError InvalidInput, InvalidOutput */
  check(call: StepCall, side: 'input' | 'output', value: Json, signal: AbortSignal): Promise<Json>;
}
