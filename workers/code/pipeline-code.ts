/** From a pipeline's name to a graph whose code is pinned: bundle, compile in a step host, pin programs, count digests. */

import { HostDied } from '#activities/dispatch/step-work.ts';
import type { CompileRequest, PinnedGraph, PipelineCode } from '#activities/run/pipeline-code.ts';
import type { StepDeclaration } from '#contracts/compiled.ts';
import type { ChampionRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { canonicalJson, type Json } from '#contracts/json.ts';
import { storeKey } from '#contracts/names.ts';
import type { Plan, PlanNode, StepCode } from '#contracts/plan.ts';
import type { DeclaredProgram, PinnedProgram } from '#contracts/program.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { StepHosts } from '../step-host/pool.ts';
import type { Compiled, Loaded } from '../step-host/protocol.ts';
import { withAsOf } from './as-of-param.ts';
import type { PipelineBundle } from './bundle.ts';
import { BundleCache } from './bundle-cache.ts';
import type { CodeCache } from './code-store.ts';
import { describePipelines } from './describe-pipelines.ts';
import { findPipeline, findPipelines, lastChanged, type PipelineFolder } from './find-pipelines.ts';
import { refuseStrangeMetrics } from './metric-names.ts';
import { pinProgram, pinWithin } from './program.ts';
import { asksForRoles, readRoles, withPeople } from './roles.ts';
import { sha256 } from './sha256.ts';
import { stepDigest } from './step-digest.ts';

type Pin = (program: DeclaredProgram) => Promise<PinnedProgram>;
type Digest = (step: StepDeclaration, origin: string | null, program: PinnedProgram | null) => Promise<string>;

/** A process each: a project of a thousand pipelines must not start a thousand. */
const WARMED = 8;

export class ProjectCode implements PipelineCode {
  readonly #root: string;
  readonly #store: ObjectStore | null;
  readonly #codes: CodeCache;
  readonly #hosts: StepHosts;
  readonly #bundles: BundleCache;
  /** Pipeline → the bundle whose schema is published. */
  readonly #published = new Map<string, string>();

  /** @param parts.store null where plans are looked at and never followed: nothing is stored */
  constructor(parts: { root: string; store: ObjectStore | null; codes: CodeCache; hosts: StepHosts }) {
    this.#root = parts.root;
    this.#store = parts.store;
    this.#codes = parts.codes;
    this.#hosts = parts.hosts;
    this.#bundles = new BundleCache(parts.root);
  }

  /** JSON Schema of the params that the pipeline takes, by the files as they are now. */
  async paramsSchema(name: string): Promise<Json> {
    return (await this.#describe(await findPipeline(this.#root, name))).paramsSchema;
  }

  /** @throws UserError InvalidPipeline for the first that cannot be loaded, or whose name is not its folder's */
  async describeAll(): Promise<Loaded[]> {
    const found = await findPipelines(this.#root);
    const all = await describePipelines(this.#root, found, (pipeline) => this.#describe(pipeline));
    for (const [index, { name }] of found.entries())
      if (all[index]?.name !== name)
        throw new UserError(
          'InvalidPipeline',
          `pipelines/${name} defines a pipeline called "${all[index]?.name}": folder and name must be the same.`,
        );
    return all;
  }

  async #describe(pipeline: PipelineFolder): Promise<Loaded> {
    const { digest, code } = await this.#bundles.get(pipeline);
    await this.#codes.keep(digest, code);
    return definition(this.#hosts.describe({ bundle: digest }));
  }

  async compile(request: CompileRequest): Promise<PinnedGraph> {
    return request.pinned ? this.#again(request, request.pinned) : this.#fromDisk(request);
  }

  /** Has a host of the pipeline started. What is wrong with it is told by {@link compile}. */
  async begin(name: string): Promise<void> {
    try {
      const { digest, code } = await this.#bundles.get(await findPipeline(this.#root, name));
      await this.#codes.keep(digest, code);
      await this.#hosts.begin({ bundle: digest });
    } catch {
      // Told where somebody waits for it.
    }
  }

  /** Bundles the pipelines that were changed last and starts a host for each, so that their first run does not wait for that. */
  async warm(): Promise<void> {
    for (const pipeline of await lastChanged(await findPipelines(this.#root), WARMED)) {
      try {
        const bundle = await this.#bundles.get(pipeline);
        await this.#codes.save(bundle.digest, bundle.code);
        await this.#hosts.describe({ bundle: bundle.digest });
      } catch {
        // Whoever runs the pipeline is told what is wrong with it.
      }
    }
  }

  /** Bundled, stored and built as the files are now. */
  async #fromDisk(request: CompileRequest): Promise<PinnedGraph> {
    const pipeline = await findPipeline(this.#root, request.pipeline);
    const bundle = await this.#bundles.get(pipeline);
    await this.#codes.keep(bundle.digest, bundle.code);
    await this.#publishSchema(pipeline.name, bundle.digest, request.signal);
    const pin: Pin = (program) => pinProgram(this.#store, pipeline.folder, program, `pipeline "${pipeline.name}"`);
    const digest: Digest = (step, origin, program) => stepDigest(step, origin, bundle, pipeline.folder, program);
    // The store is asked while the graph is built: a plan is recorded only once both are done.
    const [graph] = await Promise.all([
      this.#build(request, bundle.digest, pin, digest),
      this.#store && this.#codes.save(bundle.digest, bundle.code),
    ]);
    return graph;
  }

  /** For callers in other languages; `ratchet schema` prints the same. The one key that is written over: it follows the code. */
  async #publishSchema(pipeline: string, bundle: string, signal: AbortSignal | undefined): Promise<void> {
    if (this.#store === null || this.#published.get(pipeline) === bundle) return;
    const { paramsSchema } = await definition(this.#hosts.describe({ bundle }, signal));
    const body = JSON.stringify(paramsSchema, null, 2);
    await this.#store.put(storeKey.paramsSchema(pipeline), body, 'application/schema+json');
    this.#published.set(pipeline, bundle);
  }

  /** On the code of an earlier plan of the same run: only values such as the champion may differ. */
  async #again(request: CompileRequest, plan: Plan): Promise<PinnedGraph> {
    const known = pinnedPrograms(plan);
    const pipeline = await findPipeline(this.#root, request.pipeline).catch(() => null);
    const pin: Pin = async (program) => {
      const before = known.get(canonicalJson(program.command));
      if (before) return before;
      if (pipeline) return pinProgram(this.#store, pipeline.folder, program, `pipeline "${pipeline.name}"`);
      throw new UserError(
        'InvalidPipeline',
        `The plan does not hold the program ${program.command.join(' ')}, and this worker has no pipelines/${request.pipeline}.`,
      );
    };
    const digest: Digest = async (step, _origin, program) =>
      plan.steps[step.name]?.digest ??
      sha256(canonicalJson({ bundle: plan.bundle, step: step.name, program: program?.pinned.digest ?? null }));
    return this.#build(request, plan.bundle, pin, digest);
  }

  async #build(
    request: CompileRequest,
    bundle: PipelineBundle['digest'],
    pin: Pin,
    digest: Digest,
  ): Promise<PinnedGraph> {
    const { asOf, signal } = request;
    const { model, paramsSchema } = await definition(this.#hosts.describe({ bundle }, signal));
    const params = withAsOf(request.params, request.said ?? null, paramsSchema);
    const championOf = async (time: string) => (model === null ? null : request.champion(model, time));
    const compiled = (champion: ChampionRef | null): Promise<Compiled> =>
      definition(this.#hosts.compile({ bundle }, { params, champion, asOf }, signal));
    let champion = await championOf(asOf);
    let { graph, origins } = await compiled(champion);
    if (graph.asOf !== asOf) {
      // The params say another time: the champion is that of then.
      const then = await championOf(graph.asOf);
      if (then?.version !== champion?.version) ({ graph, origins } = await compiled(then));
      champion = then;
    }
    refuseStrangeMetrics(graph);
    const people = asksForRoles(graph.nodes) ? withPeople(graph.nodes, await readRoles(this.#root)) : graph.nodes;
    const once = pinOnce(pin);
    const entries = Object.values(graph.steps).map(async (step): Promise<[string, StepCode]> => {
      const program = step.program ? await once(step.program) : null;
      return [step.name, stepCode(step, await digest(step, origins[step.name] ?? null, program), program)];
    });
    // Only inputs hold programs; the rest of a node is passed on as it is.
    const nodes = pinWithin(people as unknown as Json, once) as Promise<unknown> as Promise<PlanNode[]>;
    return {
      graph: { ...graph, nodes: await nodes },
      champion,
      bundle,
      steps: Object.fromEntries(await Promise.all(entries)),
    };
  }
}

/** A module or graph that ends its process, blocks it or takes too long is wrong, and would be again. */
async function definition<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HostDied && !error.killed) throw new UserError('InvalidPipeline', error.message);
    throw error;
  }
}

function pinOnce(pin: Pin): Pin {
  const known = new Map<string, Promise<PinnedProgram>>();
  return (program) => {
    const key = canonicalJson(program);
    const pinned = known.get(key) ?? pin(program);
    known.set(key, pinned);
    return pinned;
  };
}

function stepCode({ kind, settings }: StepDeclaration, digest: string, program: PinnedProgram | null): StepCode {
  const { effect, cache, timeout, attempts, queue, place, memoryMb } = settings;
  return { kind, digest, effect, cache, timeout, attempts, queue, place, memoryMb, program };
}

/** Programs of a plan by their command. */
function pinnedPrograms(plan: Plan): Map<string, PinnedProgram> {
  const found = new Map<string, PinnedProgram>();
  const visit = (part: unknown) => {
    if (part === null || typeof part !== 'object') return;
    if ('kind' in part && part.kind === 'program' && 'pinned' in part) {
      const program = part as PinnedProgram;
      found.set(canonicalJson(program.command), program);
    } else for (const item of Object.values(part)) visit(item);
  };
  visit(plan.nodes);
  visit(plan.steps);
  return found;
}
