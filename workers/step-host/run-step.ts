/** Runs one step of the user's inside its host: input by its schema, the step's own code, output by its schema and as JSON. */
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { z } from 'zod';
import type { DatasetRef, FileRef } from '#contracts/data.ts';
import { type FailureType, failureTypes, UserError } from '#contracts/failures.ts';
import { type Json, jsonBytes, jsonProblem, PAYLOAD_LIMIT } from '#contracts/json.ts';
import type { Step, StepContext } from '#contracts/step.ts';
import type { HostFailure, Ran, RunJob, Service } from './protocol.ts';
import { place, said } from './user-frame.ts';

type AnyStep = Step<unknown, unknown>;

export interface StepHands {
  signal: AbortSignal;
  progress(text: string): void;
  ask(service: Service, args: Json[]): Promise<Json>;
}

export async function runStep(step: AnyStep, job: RunJob, hands: StepHands): Promise<Ran> {
  const input = await parseSide(step, 'input', job.input);
  if (!step.run)
    throw new UserError(
      'InvalidPipeline',
      `Step "${step.name}" has no run function: only TypeScript steps run in a step host.`,
    );
  let readAsOf = false;
  let madeWorkdir = false;
  const context: StepContext = {
    signal: hands.signal,
    progress: (done, total, message) => hands.progress(progressText(done, total, message)),
    get workdir() {
      if (!madeWorkdir) mkdirSync(job.workdir, { recursive: true });
      madeWorkdir = true;
      return job.workdir;
    },
    seed: job.seed,
    get asOf() {
      readAsOf = true;
      return job.asOf;
    },
    localPath: async (ref: DatasetRef | FileRef) => (await hands.ask('localPath', [ref])) as string,
    saveDataset: async (path, format) => (await hands.ask('saveDataset', [path, format])) as unknown as DatasetRef,
  };
  try {
    const output = await (step.run as (input: unknown, context: StepContext) => unknown)(input, context);
    return { output: await parseSide(step, 'output', output), readAsOf };
  } finally {
    if (madeWorkdir) await rm(job.workdir, { recursive: true, force: true });
  }
}

/** `7/20, auc 0.71` */
function progressText(done: number, total?: number, message?: string): string {
  const count = total === undefined ? String(done) : `${done}/${total}`;
  return message ? `${count}, ${message}` : count;
}

/**
 * The value as the step's schema gives it, which is JSON and small enough for a history.
 * @throws UserError InvalidInput or InvalidOutput that names the path and what was found there.
 */
export async function parseSide(step: AnyStep, side: 'input' | 'output', value: unknown): Promise<Json> {
  const type = side === 'input' ? 'InvalidInput' : 'InvalidOutput';
  const result = await step[side].safeParseAsync(value);
  if (!result.success) {
    const hint = side === 'output' ? problem(value) : null;
    const detail = hint ?? issues(result.error);
    throw new UserError(type, `The ${side} of step "${step.name}" does not match its schema: ${detail}`);
  }
  const data = result.data ?? null;
  // A step's own code may be handed Dates or Maps that its schema made; only what leaves it must be JSON.
  if (side === 'input') return data as Json;
  const found = problem(data);
  if (found) throw new UserError(type, `The output of step "${step.name}" cannot be kept as JSON: ${found}.`);
  const bytes = jsonBytes(data);
  if (bytes > PAYLOAD_LIMIT)
    throw new UserError(
      type,
      `The output of step "${step.name}" is ${bytes.toLocaleString('en')} bytes of JSON, more than the ${PAYLOAD_LIMIT.toLocaleString('en')} that a history may carry: ` +
        'write it to a file in context.workdir and return what context.saveDataset gives.',
    );
  return data as Json;
}

/** The first five issues, each with its path. Written out here because a host loads no zod beside the pipeline's own. */
function issues({ issues: all }: z.ZodError): string {
  const lines = all
    .slice(0, 5)
    .map(({ message, path }) => (path.length > 0 ? `${path.map(String).join('.')}: ${message}` : message));
  return `${lines.join('; ')}${all.length > 5 ? `; and ${all.length - 5} more` : ''}`;
}

function problem(value: unknown): string | null {
  try {
    return jsonProblem(value, 'output');
  } catch {
    return 'it refers to itself, or is nested too deeply';
  }
}

/** Failure types that are ours to give: what a user's code throws is StepFailed unless it is one of our errors passed on. */
function isOurs(error: unknown): error is Error & { type: FailureType } {
  return (
    error instanceof Error &&
    error.name === 'UserError' &&
    failureTypes.includes((error as Error & { type?: FailureType }).type as FailureType)
  );
}

/** Any throw as a failure; `otherwise` is the type of what is not ours, `hint` what to do about it. */
export function hostFailure(
  error: unknown,
  what: string,
  root: string,
  otherwise: FailureType,
  hint = '',
): HostFailure {
  if (isOurs(error)) return { type: error.type, message: `${error.message}${hint}` };
  return { type: otherwise, message: `${what}: ${said(error)}${place(error, root)}${hint}` };
}
