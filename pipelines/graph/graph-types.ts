/** The operators that a graph is written with. What each becomes in the plan: contracts/plan.ts. */
import type { z } from 'zod';
import type { Duration } from '#contracts/duration.ts';
import type { Step } from '#contracts/step.ts';
import type { Ref, Resolved, StepInput, Wired } from './reference-types.ts';

/**
 * A workflow of the user's own, run as a child on its own task queue by a worker that holds it.
 * @example
 * ```ts
 * const exportRows: ChildWorkflow<{ month: string }, { files: number }> = {
 *   workflowType: 'exportRows',
 *   taskQueue: 'exports',
 *   input: z.object({ month: z.string() }),
 *   output: z.object({ files: z.number() }),
 * };
 * ```
 */
export interface ChildWorkflow<I, O> {
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly input: z.ZodType<unknown, I>;
  readonly output: z.ZodType<O>;
}

/**
 * What every node may be told.
 * @example
 * ```ts
 * const afterwards: BlockOptions = { id: 'cleanup', after: ['train'] };
 * ```
 */
export interface BlockOptions {
  /** The node's id; default: the operator's name, then `-2`, `-3` … */
  id?: string;
  /** Nodes (a reference to any of their outputs, or their ids) that must have ended before this one starts. */
  after?: readonly (Ref<unknown> | string)[];
}
/**
 * What a call of a step may be told, in place of what the step says itself.
 * @example
 * ```ts
 * const stubborn: NodeOptions = { id: 'fit-west', retry: { attempts: 5 }, timeout: '2h', cache: false };
 * ```
 */
export interface NodeOptions extends BlockOptions {
  /** Default: what the step says. */
  retry?: { attempts: number };
  /** Default: what the step says. */
  timeout?: Duration;
  /** Temporal task queue; default: what the step says, else the pipeline's. */
  queue?: string;
  /** false: neither read nor fill the cache. */
  cache?: boolean;
}
/**
 * What a child workflow may be told.
 * @example
 * ```ts
 * const limited: ChildOptions = { id: 'export', timeout: '6h' };
 * ```
 */
export interface ChildOptions extends BlockOptions {
  /** Of the whole workflow; default none. */
  timeout?: Duration;
}
/**
 * What a map may be told.
 * @example
 * ```ts
 * const narrow: MapOptions = { concurrency: 4 };
 * ```
 */
export interface MapOptions extends BlockOptions {
  /** Items at once; default 16, at most 1,000. */
  concurrency?: number;
}
/**
 * What a loop within a graph may be told.
 * @example
 * ```ts
 * const rounds: RepeatOptions = { max: 20 };
 * ```
 */
export interface RepeatOptions extends BlockOptions {
  /** Most rounds, 1 to 1,000. */
  max: number;
}

/**
 * Who is asked, about what, and for how long.
 * @example
 * ```ts
 * const release = (evidence: Ref<Verdict>): ApprovalSpec => ({
 *   ...{ title: 'Release?', evidence, by: ['anna', 'ben'], quorum: 2 },
 *   ...{ timeout: '2d', onTimeout: 'reject' },
 * });
 * ```
 */
export interface ApprovalSpec {
  title: string;
  /** What the approver looks at; an approval is bound to its digest and void when it changes. */
  evidence: Ref<unknown>;
  /** Who may approve; with `roles` it may be left out. */
  by?: readonly string[];
  /** Roles whose people may, too: the project's `roles.json` says who has which, when the plan is made. */
  roles?: readonly string[];
  /** How many of them must; default 1. */
  quorum?: number;
  timeout: Duration;
  /** `reject`: as if it had been declined. `fail`: the run fails. */
  onTimeout: 'reject' | 'fail';
  /** After so long without a decision `escalateTo` may approve, too. */
  escalateAfter?: Duration;
  escalateTo?: readonly string[];
}
/**
 * What people answered.
 * @example
 * ```ts
 * const wasApproved = (graph: Graph, answer: Ref<Approval>) => graph.when(answer.approved, () => graph.wait('1h'));
 * ```
 */
export interface Approval {
  approved: boolean;
  by: string;
  note: string;
  /** Digest of what they looked at; absent where nobody was asked. */
  evidence?: string;
}
/**
 * What `onFailure` of an attempt is told.
 * @example
 * ```ts
 * const tolerant = (graph: Graph, rows: Ref<DatasetRef>) =>
 *   graph.attempt(
 *     () => ({ reason: '', model: graph.run(fit, { rows }).model }),
 *     (failure: Ref<Failure>) => ({ reason: failure.message, model: null }),
 *   );
 * ```
 */
export interface Failure {
  type: string;
  message: string;
  node: string;
}
/**
 * What came of one item of `mapSettled`.
 * @example
 * ```ts
 * const total = (results: readonly Settled<{ score: number }>[]): number =>
 *   results.reduce((total, result) => total + (result.ok ? result.value.score : 0), 0);
 * ```
 */
export type Settled<T> = { ok: true; value: T } | { ok: false; failure: string };

/**
 * Without `otherwise` the value may be missing: it is not accepted where a value is required.
 * @example
 * ```ts
 * const maybe = (graph: Graph, ok: Ref<boolean>): Branch<Ref<null>> => graph.when(ok, () => graph.wait('1h'));
 * ```
 */
export type Branch<A> = Ref<Resolved<A> | undefined>;
/**
 * A branch that may still be given its `otherwise`; with it, there is a value in any case.
 * @example
 * ```ts
 * const path = (graph: Graph, ok: Ref<boolean>, either: Ref<string>, or: Ref<string>): Ref<string> => {
 *   const chosen: Conditional<Ref<string>> = graph.when(ok, () => either);
 *   return chosen.otherwise(() => or);
 * };
 * ```
 */
export type Conditional<A> = Branch<A> & { otherwise<B>(body: () => B): Ref<Resolved<A> | Resolved<B>> };

/**
 * The operators of a graph.
 * @example
 * ```ts
 * const trainAll = ({ run, map }: Graph, parts: Ref<DatasetRef[]>) => map(parts, (rows) => run(fit, { rows }).model);
 * ```
 */
export interface Graph {
  /** Runs a step. The reference that comes back stands for its output; passing it on makes an edge. */
  run<I, O>(step: Step<I, O>, input: StepInput<NoInfer<I>>, options?: NodeOptions): Ref<O>;
  /** Runs a workflow of your own as a child. */
  child<I, O>(workflow: ChildWorkflow<I, O>, input: StepInput<NoInfer<I>>, options?: ChildOptions): Ref<O>;
  /** Does `body` only if a step said true. Over params and champion use an ordinary `if`. */
  when<A>(condition: Ref<boolean>, body: () => A, options?: BlockOptions): Conditional<A>;
  /** Does `body` for each item, 16 at once unless told. One failed item fails the map. */
  map<E, R>(
    items: Ref<readonly E[]> | readonly Wired<E>[],
    body: (item: Ref<E>, index: Ref<number>) => R,
    options?: MapOptions,
  ): Ref<Resolved<R>[]>;
  /** Like map, but a failed item is a value: `{ ok: true, value }` or `{ ok: false, failure }`. */
  mapSettled<E, R>(
    items: Ref<readonly E[]> | readonly Wired<E>[],
    body: (item: Ref<E>, index: Ref<number>) => R,
    options?: MapOptions,
  ): Ref<Settled<Resolved<R>>[]>;
  /** Does `body` at least once, feeds its `state` back, stops when `until` is true or after `max` rounds. */
  repeat<S>(
    initial: Wired<S>,
    options: RepeatOptions,
    body: (state: Ref<S>, round: Ref<number>) => { state: Wired<NoInfer<S>>; until: Ref<boolean> },
  ): Ref<S>;
  /** Waits for people. */
  approval(spec: ApprovalSpec, options?: BlockOptions): Ref<Approval>;
  /** Waits, durably. */
  wait(duration: Duration, options?: BlockOptions): Ref<null>;
  /** If something in `body` fails for good, goes on with `onFailure`. */
  attempt<A, B>(
    body: () => A,
    onFailure: (failure: Ref<Failure>) => B,
    options?: BlockOptions,
  ): Ref<Resolved<A> | Resolved<B>>;
  /** Done at the end, however the run ends. */
  always(body: () => void, options?: { id?: string }): void;
}
