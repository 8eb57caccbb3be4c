import { z } from 'zod';
import type { CompiledGraph } from '#contracts/compiled.ts';
import type { ChampionRef } from '#contracts/data.ts';
import { describeIssues } from '#contracts/describe-issues.ts';
import { Duration } from '#contracts/duration.ts';
import type { Json } from '#contracts/json.ts';
import { Name } from '#contracts/name-rule.ts';
import { reservedWorkflowTypes } from '#contracts/names.ts';
import { LoopLimits } from '#contracts/trigger-condition.ts';
import { WatchPolicy } from '#contracts/watch.ts';
import { readCron } from '#decisions/cron.ts';
import { callSite } from './graph/call-site.ts';
import { type CompileValues, compileGraph, type GraphSpec } from './graph/compile-graph.ts';
import { definitionError, shownValue } from './graph/definition-error.ts';
import type { Graph } from './graph/graph-types.ts';
import type { Resolved } from './graph/reference-types.ts';
import { calendarProblem, TriggerCondition } from './triggers.ts';

/**
 * What `graph` is called with: real values, and the operators.
 * @example
 * ```ts
 * const graph = ({ run, params }: GraphContext<z.ZodObject<{ path: z.ZodString }>>) => run(load, { path: params.path });
 * ```
 */
export interface GraphContext<P extends z.ZodObject> extends Graph {
  /** Parsed: ordinary values for ordinary `if` and `for`. */
  readonly params: z.output<P>;
  /** The version in production now, null before the first; a real value, and part of the input of whatever it is passed to. */
  readonly champion: ChampionRef | null;
  /** UTC ISO time that the run is made for. */
  readonly asOf: string;
}

/**
 * A pipeline as {@link definePipeline} and {@link continuousTraining} give it.
 * @example
 * ```ts
 * const schemaOf = (pipeline: Pipeline<z.ZodObject, unknown>): Json => pipeline.paramsSchema();
 * ```
 */
export interface Pipeline<P extends z.ZodObject, R> {
  readonly name: string;
  readonly description: string;
  /** The registered model that it trains; null when it trains none. */
  readonly model: string | null;
  readonly params: P;
  readonly triggers: TriggerCondition | null;
  readonly limits: LoopLimits | null;
  readonly watch: WatchPolicy | null;
  /** JSON Schema (2020-12) of the params as a caller writes them. */
  paramsSchema(): Json;
  /**
   * Builds the graph for these params. Pure. Throws UserError: InvalidInput when params break their schema,
   * InvalidPipeline when the graph is wrong.
   */
  compile(params: z.input<P>, values: CompileValues): CompiledGraph;
  /** Type of what a run gives; never there. */
  readonly result?: R;
}

/**
 * A pipeline: its name is the workflow type of its runs. `graph` is called once a run, before anything executes, and
 * must give the same nodes for the same params, champion and asOf. Throws UserError InvalidPipeline for a name, a
 * schema or triggers that cannot be.
 * @example
 * ```ts
 * export default definePipeline({
 *   name: 'churn',
 *   params: z.object({ path: z.string().default('churn.csv') }),
 *   graph: ({ run, params }) => {
 *     const data = run(load, { path: params.path });
 *     return run(fit, { rows: data.rows });
 *   },
 * });
 * ```
 */
export function definePipeline<const P extends z.ZodObject, R>(spec: {
  name: string;
  /** The registered model that `register` and `promote` write and whose champion `graph` is given. */
  model?: string;
  params: P;
  graph: (g: GraphContext<NoInfer<P>>) => R;
  /** What starts a run by itself, once the pipeline is deployed. */
  triggers?: TriggerCondition;
  /** What holds runs back: cool-down, budget, quiet hours, freezes, debounce, circuit breaker. */
  limits?: z.input<typeof LoopLimits>;
  /** The data that new rows, drift and performance are watched on. */
  watch?: z.input<typeof WatchPolicy>;
  description?: string;
}): Pipeline<P, Resolved<R>> {
  const at = callSite(definePipeline);
  const name = checkedName(spec.name, 'pipeline', at);
  const model = spec.model === undefined ? null : checkedName(spec.model, 'model', at);
  if (!(spec.params instanceof z.ZodObject))
    throw definitionError(
      at,
      `params of ${name} is ${shownValue(spec.params)}: a zod 4 object schema is wanted, z.object({ … }).`,
    );
  if (typeof spec.graph !== 'function')
    throw definitionError(
      at,
      `graph of ${name} is ${shownValue(spec.graph)}: a function is wanted, ({ params, run }) => { … }.`,
    );
  const triggers = spec.triggers === undefined ? null : TriggerCondition.safeParse(spec.triggers);
  if (triggers && !triggers.success)
    throw definitionError(
      at,
      `triggers of ${name} is ${shownValue(spec.triggers)}: build them with schedule(…), newRows(…), any(…) and the like.`,
    );
  const calendar = triggers ? calendarProblem(triggers.data) : null;
  if (calendar) throw definitionError(at, `triggers of ${name} are wrong: ${calendar}.`);
  const watch = checked(WatchPolicy, spec.watch, `the watch of ${name} is`, at);
  const looks = watch && !Duration.safeParse(watch.every).success ? readCron(watch.every).problem : null;
  if (looks) throw definitionError(at, `the watch of ${name} is wrong: every: ${looks}.`);
  // The compiler calls `graph` with what `params` parsed, which is what its type asks for.
  const graph = spec.graph as unknown as GraphSpec['graph'];
  return {
    name,
    model,
    description: spec.description ?? '',
    params: spec.params,
    triggers: triggers?.data ?? null,
    limits: checked(LoopLimits, spec.limits, `the limits of ${name} are`, at),
    watch,
    // A schema is plain JSON, which its type does not say.
    paramsSchema: () => z.toJSONSchema(spec.params, { io: 'input', unrepresentable: 'any' }) as Json,
    compile: (params, values) => compileGraph({ name, model, params: spec.params, at, graph }, params, values),
  };
}

function checked<S extends z.ZodType>(schema: S, value: unknown, what: string, at: string | null): z.output<S> | null {
  if (value === undefined) return null;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw definitionError(at, `${what} wrong: ${describeIssues(parsed.error.issues, value).join('; ')}.`);
}

function checkedName(name: unknown, what: 'pipeline' | 'model', at: string | null): string {
  const parsed = Name.safeParse(name);
  if (!parsed.success)
    throw definitionError(
      at,
      `the ${what}'s name is ${shownValue(name)}: ${parsed.error.issues[0]?.message ?? 'a name is wanted'}.`,
    );
  if (what === 'pipeline' && (reservedWorkflowTypes as readonly string[]).includes(parsed.data))
    throw definitionError(
      at,
      `no pipeline may be called "${parsed.data}": a workflow of Ratchet's own has that name (${reservedWorkflowTypes.join(', ')}). Choose another.`,
    );
  return parsed.data;
}
