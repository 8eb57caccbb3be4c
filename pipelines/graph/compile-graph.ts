/** Params and a graph function → {@link CompiledGraph}. Pure: the same arguments give the same JSON. */
import type { z } from 'zod';
import type { CompiledGraph, StepDeclaration } from '#contracts/compiled.ts';
import type { ChampionRef } from '#contracts/data.ts';
import { describeIssues } from '#contracts/describe-issues.ts';
import { UserError } from '#contracts/failures.ts';
import { type Json, jsonBytes, jsonProblem, PLAN_LIMIT } from '#contracts/json.ts';
import { thrownAt } from './call-site.ts';
import { definitionError } from './definition-error.ts';
import { type AnyStep, GraphBuilder } from './graph-builder.ts';
import type { Graph } from './graph-types.ts';
import { operators } from './operators.ts';
import { ordered } from './order.ts';
import { template } from './template.ts';

export interface CompileValues {
  /** The version that holds the alias `champion` now; null when there is none. */
  readonly champion: ChampionRef | null;
  /** ISO time that the run is made for, unless its params say `asOf`. */
  readonly asOf: string;
}
export interface GraphSpec {
  readonly name: string;
  readonly model: string | null;
  readonly params: z.ZodObject;
  readonly at: string | null;
  readonly graph: (g: Graph & { params: never; champion: ChampionRef | null; asOf: string }) => unknown;
}

/**
 * Throws UserError InvalidInput when params break their schema, InvalidPipeline when the graph is wrong; each message
 * gives the place, the value and what to do.
 */
export function compileGraph(spec: GraphSpec, rawParams: unknown, values: CompileValues): CompiledGraph {
  const params = parsedParams(spec, rawParams);
  const asOf = effectiveAsOf(spec.name, params.asOf, values.asOf);
  const builder = new GraphBuilder();
  const returned = build(spec, builder, { params: params as never, champion: values.champion, asOf });
  const result = template(returned, {
    scope: builder.root,
    at: spec.at,
    what: `what the graph of ${spec.name} returns`,
  });
  if (builder.root.nodes.length === 0)
    throw definitionError(spec.at, `the graph of ${spec.name} is empty: call run(…) with a step at least once.`);
  const compiled: CompiledGraph = {
    pipeline: spec.name,
    model: spec.model,
    asOf,
    params: params as Record<string, Json>,
    nodes: ordered(builder.root.nodes),
    result: result ?? null,
    steps: Object.fromEntries([...builder.steps.values()].map(({ step }) => [step.name, declaration(step)])),
  };
  checkSize(spec, compiled);
  return compiled;
}

function parsedParams(spec: GraphSpec, raw: unknown): Record<string, unknown> {
  const given = raw ?? {};
  // An unknown param is a misspelt one: z.object would drop it, and the run would train with the default.
  const schema = spec.params.def.catchall === undefined ? spec.params.strict() : spec.params;
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const known = Object.keys(spec.params.shape);
    throw new UserError(
      'InvalidInput',
      `the params of ${spec.name} are wrong: ${describeIssues(parsed.error.issues, given).join('; ')}. Params of ${spec.name}: ${known.join(', ') || 'none'}.`,
    );
  }
  const problem = jsonProblem(parsed.data, 'params');
  if (problem)
    throw definitionError(spec.at, `${problem}. Params are recorded in the plan, so their schema must give JSON.`);
  return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
}

/** UTC ISO time; a date is its midnight. */
function effectiveAsOf(pipeline: string, param: unknown, fallback: string): string {
  const chosen = typeof param === 'string' ? param : fallback;
  const time = /^\d{4}-\d{2}-\d{2}([T ].+)?$/.test(chosen) ? Date.parse(withZone(chosen)) : Number.NaN;
  if (!Number.isFinite(time))
    throw new UserError(
      'InvalidInput',
      `asOf of ${pipeline} is ${JSON.stringify(chosen)}: a date (2013-06-17) or a time (2013-06-17T06:00:00Z) is wanted.`,
    );
  return new Date(time).toISOString();
}

/** A time without a zone is UTC: the machine's own zone must not change a plan. */
function withZone(text: string): string {
  const time = text.replace(' ', 'T');
  if (time.length === 10) return `${time}T00:00:00Z`;
  return /(Z|[+-]\d{2}:?\d{2})$/i.test(time) ? time : `${time}Z`;
}

function build(
  spec: GraphSpec,
  builder: GraphBuilder,
  given: { params: never; champion: ChampionRef | null; asOf: string },
): unknown {
  try {
    const returned = spec.graph({ ...operators(builder), ...given });
    if (!(returned instanceof Promise)) return returned;
    returned.catch(() => {}); // its own failure would only hide this one
  } catch (error) {
    if (error instanceof UserError) throw error;
    const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw definitionError(thrownAt(error) ?? spec.at, `the graph of ${spec.name} threw ${words}`, error);
  } finally {
    builder.close();
  }
  throw definitionError(
    spec.at,
    `the graph of ${spec.name} is async: nothing runs while a graph is built, so there is nothing to await. Leave out async, and do the work in a step.`,
  );
}

function declaration(step: AnyStep): StepDeclaration {
  return {
    name: step.name,
    kind: step.kind,
    settings: step.settings,
    program: step.program ?? null,
    version: step.version ?? null,
  };
}

function checkSize(spec: GraphSpec, compiled: CompiledGraph): void {
  const bytes = jsonBytes(compiled);
  if (bytes <= PLAN_LIMIT) return;
  const largest = compiled.nodes
    .map((node) => ({ id: node.id, at: node.at, bytes: jsonBytes(node) }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 3)
    .map((node) => `${node.id}${node.at ? ` (${node.at})` : ''} ${node.bytes.toLocaleString('en')}`);
  throw definitionError(
    spec.at,
    `the plan of ${spec.name} is ${bytes.toLocaleString('en')} bytes of JSON, more than the ${PLAN_LIMIT.toLocaleString('en')} allowed. Largest nodes: ${largest.join(', ')}. Put large literals into files, or let a step make them.`,
  );
}
