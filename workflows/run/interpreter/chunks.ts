/** A wide map as child workflows: a history takes some 50,000 events, and a workflow task replays all it has. */

import { ApplicationFailure } from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  executeChild,
  ParentClosePolicy,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import { type Json, jsonBytes } from '#contracts/json.ts';
import { keepable } from '#contracts/kept-outcomes.ts';
import type { Block, StepCode } from '#contracts/plan.ts';
import type { NodeRecord, RunContext } from '#contracts/run.ts';
import type { Instance } from './engine.ts';
import { DependencyFailed, type Failure, NodeFailed, nodeFailed } from './failure.ts';
import { allNodes, freeNames, namesGivenBy, type Value } from './templates.ts';

/** Most items of one chunk, and most items that a map runs in its own workflow. */
export const CHUNK_ITEMS = 200;
/** A chunk this wide answers most of its activities in one workflow task. */
const CHUNK_WIDTH = 4;
/** What one chunk may be given or may answer, in bytes of JSON: half of what Temporal takes. */
export const CHUNK_LIMIT = 1024 * 1024;

export interface ChunkInput {
  run: RunContext;
  bundle: string;
  /** Code of the steps that the body uses. */
  steps: Record<string, StepCode>;
  host: string;
  /** See PlannedRun. */
  stages?: string;
  map: { id: string; name: string; body: Block; first: number; concurrency: number; settled: boolean };
  items: readonly Json[];
  /** Values from outside that the body refers to. */
  given: Record<string, Json>;
  kept: NodeRecord[];
  /** Absent when there are none. */
  damaged?: string[];
}
export interface ChunkResult {
  results: Json[];
  /** Without some when they would outgrow a payload: a retry finds those in the cache. Effects are the last to be left out. */
  outcomes: NodeRecord[];
  /** Effects that were left out all the same: a retry does them again. Absent: none. */
  repeated?: number;
}

/**
 * Cuts `length` items into chunks of equal size, as many of them at once as share out the concurrency in handfuls.
 * The number of chunks is a multiple of those at once, so that none runs alone at the end.
 * @internal
 */
export function cut(
  length: number,
  concurrency: number,
): { atOnce: number; chunks: { first: number; size: number }[] } {
  const least = Math.ceil(length / CHUNK_ITEMS);
  const atOnce = Math.min(least, Math.ceil(concurrency / CHUNK_WIDTH));
  const count = Math.min(length, Math.ceil(least / atOnce) * atOnce);
  const bounds = Array.from({ length: count + 1 }, (_, n) => Math.floor((n * length) / count));
  return {
    atOnce,
    chunks: bounds.slice(0, -1).map((first, n) => ({ first, size: (bounds[n + 1] ?? length) - first })),
  };
}

/**
 * Runs the map in children `<workflow id>/<map>/<n>`; results in the order of the items.
 * @param how.from the first item that is to be run: those before it are done
 */
export async function runChunks(
  instance: Instance,
  body: Block,
  items: readonly Json[],
  how: { concurrency: number; settled: boolean; from: number },
): Promise<Json[]> {
  const { engine, node, scope, id } = instance;
  const nodes = [...allNodes(body)];
  const approval = nodes.find(({ kind }) => kind === 'approval');
  if (approval)
    throw nodeFailed(
      'InvalidPipeline',
      id,
      `node ${id}: ${approval.id} asks for approval in a map over ${items.length} items, the limit is ${CHUNK_ITEMS}: approve before or after the map`,
    );
  const own = new Set(namesGivenBy(node));
  const names = [...freeNames(body)].filter((name) => !own.has(name));
  const waiting = scope.pending(names);
  if (waiting.length > 0) await Promise.all(waiting);
  if (!scope.allDone(names)) throw new DependencyFailed(`${id} refers to something that did not end well`);
  const given = Object.fromEntries(
    names.map((name): [string, Value] => [name, scope.value(name)]).filter(([, value]) => value !== undefined),
  ) as Record<string, Json>;
  const used = new Set(nodes.map(({ step }) => step));
  const steps = Object.fromEntries(Object.entries(engine.steps).filter(([name]) => used.has(name)));
  const kept = engine.kept.under(`${id}[`);

  const { atOnce, chunks } = cut(items.length - how.from, how.concurrency);
  const results: Json[][] = new Array(chunks.length).fill([]);
  let next = 0;
  let done = how.from;
  let repeated = 0;
  let trouble: unknown = null;
  const lane = async (_: unknown, laneNumber: number): Promise<void> => {
    // The remainder goes to the first lanes, so that together they are exactly as many as wanted.
    const concurrency = Math.max(
      1,
      Math.floor(how.concurrency / atOnce) + (laneNumber < how.concurrency % atOnce ? 1 : 0),
    );
    while (next < chunks.length && trouble === null) {
      const n = next++;
      const { first: place, size } = chunks[n] as { first: number; size: number };
      const first = how.from + place;
      const input: ChunkInput = {
        run: engine.run,
        bundle: engine.bundle,
        steps,
        host: engine.host,
        ...(engine.stages === undefined ? {} : { stages: engine.stages }),
        map: { id, name: node.id, body, first, concurrency, settled: how.settled },
        items: items.slice(first, first + size),
        given,
        kept: kept.filter((record) => within(record.id, id, first, size)),
        ...(engine.damaged.length > 0 ? { damaged: [...engine.damaged] } : {}),
      };
      try {
        const room = engine.room.enter(jsonBytes(input));
        if (room) await room;
        const chunk = await runChunk(`${workflowInfo().workflowId}/${id}/${n}`, input);
        results[n] = chunk.results;
        engine.outcomes.push(...chunk.outcomes);
        repeated += chunk.repeated ?? 0;
      } catch (error) {
        trouble ??= unpack(error, instance);
      }
      done += size;
      engine.reports.set(node, scope.prefix, { progress: `${done} of ${items.length} items` });
    }
  };
  await Promise.all(Array.from({ length: atOnce }).map(lane));
  if (trouble !== null) throw trouble;
  engine.reports.set(node, scope.prefix, {
    reason: `${items.length} items in ${chunks.length} chunks${repeated > 0 ? `; the outcomes of ${repeated} effects are too large to be kept: a retry does them again` : ''}`,
  });
  return results.flat();
}

function runChunk(workflowId: string, input: ChunkInput): Promise<ChunkResult> {
  const room = CHUNK_LIMIT - jsonBytes({ ...input, kept: [] });
  const { kept, repeated } = keepable(input.kept, { all: room, steps: input.steps });
  if (repeated > 0 && patched('effects of a wide map that find no room are not done again'))
    throw nodeFailed(
      'InvalidOutput',
      input.map.id,
      `node ${input.map.id}: items ${input.map.first} to ${input.map.first + input.items.length - 1} did effects whose outcomes are larger together than the ${room.toLocaleString('en')} bytes that a chunk can be given: ${repeated} of them would be done again. Start a new run, and let effects return references`,
    );
  const fits = { ...input, kept };
  const bytes = jsonBytes(fits);
  if (bytes > CHUNK_LIMIT)
    throw nodeFailed(
      'InvalidOutput',
      input.map.id,
      `node ${input.map.id}: a chunk's items and what its body refers to are ${bytes} bytes of JSON, the limit is ${CHUNK_LIMIT}: pass references`,
    );
  return executeChild<(input: ChunkInput) => Promise<ChunkResult>>('chunk', {
    workflowId,
    args: [fits],
    staticSummary: `${input.map.id}: items ${input.map.first} to ${input.map.first + input.items.length - 1}`,
    // A run that is gone wants no more of its items; asked, not killed, so that steps stop cleanly.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
}

function within(instance: string, map: string, first: number, size: number): boolean {
  const index = Number.parseInt(instance.slice(map.length + 1), 10);
  return index >= first && index < first + size;
}

/** A chunk tells which node failed, and hands over what was done before. */
function unpack(error: unknown, { engine }: Instance): unknown {
  if (!(error instanceof ChildWorkflowFailure) || !(error.cause instanceof ApplicationFailure)) return error;
  const [failure, outcomes] = (error.cause.details ?? []) as [Failure?, NodeRecord[]?];
  if (outcomes) engine.outcomes.push(...outcomes);
  return failure ? new NodeFailed(failure, { cause: error }) : error;
}
