/** Some of a wide map's items; only ever started by the run that the map belongs to. */
import { ApplicationFailure, setHandler, TemporalFailure } from '@temporalio/workflow';
import { jsonBytes } from '#contracts/json.ts';
import { keepable } from '#contracts/kept-outcomes.ts';
import { nodeProgressSignal } from '#contracts/messages.ts';
import type { NodeRecord } from '#contracts/run.ts';
import { noAttributes } from './interpreter/attributes.ts';
import { runBlock } from './interpreter/block.ts';
import { CHUNK_LIMIT, type ChunkInput, type ChunkResult } from './interpreter/chunks.ts';
import { CommandRoom } from './interpreter/command-room.ts';
import { describe, NodeFailed } from './interpreter/failure.ts';
import { Kept } from './interpreter/kept.ts';
import { runChunkItems } from './interpreter/map.ts';
import { runNode } from './interpreter/node.ts';
import { hear, Reports } from './interpreter/reports.ts';
import { Scope } from './interpreter/scope.ts';

export async function chunk(input: ChunkInput): Promise<ChunkResult> {
  const outcomes: NodeRecord[] = [];
  const reports = new Reports(() => undefined);
  setHandler(nodeProgressSignal, (said: unknown) => hear(reports, said));
  const engine = {
    run: input.run,
    bundle: input.bundle,
    steps: input.steps,
    reports,
    kept: new Kept(input.kept),
    served: new Kept([]),
    approvals: null,
    attributes: noAttributes,
    outcomes,
    room: new CommandRoom(),
    host: input.host,
    stages: input.stages,
    damaged: input.damaged ?? [],
    // The run decides whether it goes again: here what may have it do so always ends the chunk.
    willGoAgain: (error: unknown) =>
      error instanceof NodeFailed &&
      ['ChampionMoved', 'ArtifactDamaged', 'StageElsewhere'].includes(error.failure.type),
    runBlock,
    runNode,
  };
  try {
    const results = await runChunkItems(engine, { ...input.map, items: input.items }, new Scope(null, '', input.given));
    const bytes = jsonBytes(results);
    if (bytes > CHUNK_LIMIT)
      throw ApplicationFailure.nonRetryable(
        `node ${input.map.id}: the results of ${results.length} items are ${bytes} bytes of JSON, the limit is ${CHUNK_LIMIT}: return references`,
        'InvalidOutput',
      );
    const { kept, repeated } = keepable(outcomes, { ...room(input), effects: ANSWER_LIMIT - bytes });
    return { results, outcomes: kept, ...(repeated > 0 ? { repeated } : {}) };
  } catch (error) {
    // What is no failure of Temporal's would fail the workflow's task, again and again, and not the chunk.
    if (error instanceof TemporalFailure) throw error;
    if (!(error instanceof NodeFailed)) throw ApplicationFailure.nonRetryable(describe(error).message, 'StepFailed');
    throw ApplicationFailure.create({
      message: error.message,
      type: error.failure.type,
      nonRetryable: true,
      details: [error.failure, keepable(outcomes, room(input)).kept],
    });
  }
}

/** Of what a child answers Temporal takes 2 MiB; some are left for what is around the outcomes. */
const ANSWER_LIMIT = 2 * CHUNK_LIMIT - 64 * 1024;

const room = ({ steps }: ChunkInput) => ({ all: CHUNK_LIMIT / 2, steps });
