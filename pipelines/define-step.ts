/** Steps of a user's own: TypeScript that a step host runs, or a command that a detached job runs. */
import type { z } from 'zod';
import { STEP_REGISTRY } from '#contracts/compiled.ts';
import { Duration } from '#contracts/duration.ts';
import { Name } from '#contracts/name-rule.ts';
import type { Step, StepContext, StepSettings } from '#contracts/step.ts';
import { callSite } from './graph/call-site.ts';
import { definitionError, shownValue } from './graph/definition-error.ts';
import type { JsonOutput } from './graph/reference-types.ts';

/**
 * `512mb`, `2gb`.
 * @example
 * ```ts
 * const memory: Memory = '2gb';
 * ```
 */
export type Memory = `${number}${'mb' | 'gb'}`;

/**
 * What a step of one's own may set, beside its name, its schemas and its code.
 * @example
 * ```ts
 * const patient: StepOptions = { retry: { attempts: 5 }, timeout: '1h', memory: '2gb', cache: { version: '2' } };
 * ```
 */
export interface StepOptions {
  /** Changes something outside (registers, sends, deploys): never cached, never repeated by `ratchet retry` once done. Default false. */
  effect?: boolean;
  /**
   * Default: cached by code, input and params. `false`: never (the clock, a live system). `version`: raise it to make
   * every cached result a miss. `files`: globs, relative to the pipeline, of files that the code reads.
   */
  cache?: false | { version?: string; files?: readonly string[] };
  /** How often a failure of its own is tried in all, 1 to 100. Default 3. */
  retry?: { attempts: number };
  /** Of one attempt. Default 10m for TypeScript, 1d for a script. */
  timeout?: Duration;
  /** Temporal task queue; default the pipeline's. */
  queue?: string;
  /** Memory limit of the process it runs in. Default 512 MB for TypeScript, none for a script. */
  memory?: Memory;
  resources?: { memoryMb?: number };
}

/**
 * A step in TypeScript. It may import anything and runs in a process of its own; its input is parsed by `input`
 * before `run`, what `run` returns is parsed by `output` after. At most 64 KiB of JSON each: larger things are saved
 * (`context.saveDataset`) and passed as references. Throws UserError InvalidPipeline for a setting that cannot be.
 * @example
 * ```ts
 * const parts = defineStep({
 *   name: 'parts',
 *   input: z.object({ months: z.number().int() }),
 *   output: z.object({ names: z.array(z.string()) }),
 *   run: ({ months }) => ({ names: Array.from({ length: months }, (_, month) => `2026-${month + 1}`) }),
 * });
 * ```
 */
export function defineStep<const I extends z.ZodObject, O extends z.ZodType>(
  spec: StepOptions & {
    name: string;
    input: I;
    output: JsonOutput<O>;
    run: (input: z.output<NoInfer<I>>, context: StepContext) => Promise<z.input<NoInfer<O>>> | z.input<NoInfer<O>>;
  },
): Step<z.input<I>, z.output<O>> {
  const at = callSite(defineStep);
  if (typeof spec.run !== 'function')
    throw definitionError(
      at,
      `the step ${shownValue(spec.name)} has no run: give run: async (input, context) => output.`,
    );
  return registered({
    name: checkedName(spec.name, at),
    kind: 'typescript',
    input: schema(spec.input, 'input', spec.name, at),
    output: schema(spec.output, 'output', spec.name, at),
    // Called by the step host with what `input` parsed.
    run: spec.run as (input: never, context: StepContext) => unknown,
    settings: settings(spec, { timeout: '10m', memoryMb: 512, place: 'any' }, at),
  } as unknown as Step<z.input<I>, z.output<O>>); // the schemas' own types say what I and O are
}

/** Leaves a step where a step host finds it by name: see STEP_REGISTRY. */
export function registered<I, O>(step: Step<I, O>): Step<I, O> {
  const slot = globalThis as { [STEP_REGISTRY]?: Map<string, unknown> };
  slot[STEP_REGISTRY] ??= new Map();
  slot[STEP_REGISTRY].set(step.name, step);
  return step;
}

/** Checks what {@link StepOptions} say and fills in the defaults. */
export function settings(
  spec: StepOptions & { name: string },
  defaults: Pick<StepSettings, 'timeout' | 'memoryMb' | 'place'>,
  at: string | null,
): StepSettings {
  const { name, effect = false, cache, retry, timeout = defaults.timeout, queue = null } = spec;
  const attempts = retry?.attempts ?? 3;
  const wrong = (what: string, value: unknown, wanted: string) =>
    definitionError(at, `${what} of the step ${name} is ${shownValue(value)}: ${wanted}.`);
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > 100)
    throw wrong('retry.attempts', attempts, 'a whole number from 1 to 100 is wanted');
  if (!Duration.safeParse(timeout).success) throw wrong('timeout', timeout, 'a number and a unit are wanted, 10m');
  if (queue !== null && (typeof queue !== 'string' || !queue))
    throw wrong('queue', queue, 'the name of a task queue is wanted');
  if (effect && cache) throw wrong('cache', cache, 'effects are never cached, so take it out');
  const memoryMb = memory(spec, wrong) ?? defaults.memoryMb;
  return {
    effect,
    cache: !effect && cache !== false,
    ...(cache && cache.version !== undefined ? { cacheVersion: cache.version } : {}),
    files: cache ? [...(cache.files ?? [])] : [],
    timeout,
    attempts,
    queue,
    place: defaults.place,
    memoryMb,
    definedAt: at,
  };
}

function memory(spec: StepOptions, wrong: (what: string, value: unknown, wanted: string) => Error): number | null {
  const mb = spec.resources?.memoryMb;
  if (mb !== undefined) {
    if (!Number.isInteger(mb) || mb < 1) throw wrong('resources.memoryMb', mb, 'a whole number of megabytes is wanted');
    return mb;
  }
  if (spec.memory === undefined) return null;
  const [, size, unit] = /^(\d+(?:\.\d+)?)(mb|gb)$/.exec(spec.memory) ?? [];
  if (!size || Number(size) <= 0) throw wrong('memory', spec.memory, 'a size is wanted, 512mb or 2gb');
  return Math.max(1, Math.round(Number(size) * (unit === 'gb' ? 1024 : 1)));
}

export function checkedName(name: unknown, at: string | null): string {
  const parsed = Name.safeParse(name);
  if (!parsed.success)
    throw definitionError(
      at,
      `the step's name is ${shownValue(name)}: ${parsed.error.issues[0]?.message ?? 'a name is wanted'}.`,
    );
  return parsed.data;
}

export function schema<S extends z.ZodType>(value: S, field: 'input' | 'output', name: string, at: string | null): S {
  if (typeof value !== 'object' || value === null || !('_zod' in value))
    throw definitionError(
      at,
      `${field} of the step ${name} is ${shownValue(value)}: a zod 4 schema is wanted, z.object({ … }).`,
    );
  return value;
}
