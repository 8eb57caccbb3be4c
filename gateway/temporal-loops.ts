/** The loops as they are: `loop/<pipeline>` in Temporal, older decisions in the store. */
import type { Client } from '@temporalio/client';
import { askRetrain, loopRuns, loopStatus, tellLoop } from '#adapters/temporal/loops.ts';
import type { Decision } from '#contracts/decision.ts';
import type { ObjectStore } from '#ports/store.ts';
import { readDecisions, readPolicy } from '#records/decisions.ts';
import { type Loops, UnknownPipeline } from './loops.ts';

/** How long a pipeline that was there counts as there, ms, and of how many this is remembered. */
const KNOWN_MS = 30_000;
const MOST_KNOWN = 10_000;
/** Longest wait for a loop that starts over, or a server that does. Less than a request may take. */
const PATIENCE_MS = 10_000;

export function createLoops(systems: {
  client: Client;
  store: Pick<ObjectStore, 'get' | 'list'>;
  environment: string;
}): Loops {
  const { client, store, environment } = systems;
  const known = new Map<string, number>();
  let asked = { at: 0, answer: Promise.resolve(false) };

  /** Telling a loop starts it: only those that were deployed may be told, or any word would make one. */
  const mustKnow = async (pipeline: string) => {
    if ((known.get(pipeline) ?? 0) > Date.now()) return;
    if (!(await loopRuns(client, pipeline)) && !(await readPolicy(store, pipeline)))
      throw new UnknownPipeline(pipeline);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(pipeline, Date.now() + KNOWN_MS);
  };

  return {
    mustKnow,
    deliver: async (pipeline, { kind, ...evidence }) => {
      await mustKnow(pipeline);
      await tellLoop(client, { pipeline, environment }, kind, evidence, PATIENCE_MS);
    },
    retrain: async (pipeline, request) => {
      await mustKnow(pipeline);
      return askRetrain(client, { pipeline, environment }, request);
    },
    status: async (pipeline) => {
      const status = await loopStatus(client, { pipeline, environment });
      if (!status) throw new UnknownPipeline(pipeline);
      return status;
    },
    decisions: async (pipeline, { limit, before }) => {
      await mustKnow(pipeline);
      const below = before ?? Number.POSITIVE_INFINITY;
      const [stored, status] = await Promise.all([
        readDecisions(store, pipeline, { limit, before: below }),
        // The newest are not in the store yet; a loop that nobody serves now still has its older ones there.
        loopStatus(client, { pipeline, environment }).catch(() => null),
      ]);
      const all = new Map<number, Decision>();
      for (const one of [...stored, ...(status?.decisions ?? [])]) if (one.number < below) all.set(one.number, one);
      return [...all.values()].sort((a, b) => b.number - a.number).slice(0, limit);
    },
    reachable: () => {
      // Anybody may ask: at most one question a second goes on to the server.
      if (Date.now() - asked.at > 1_000) asked = { at: Date.now(), answer: answers(client) };
      return asked.answer;
    },
  };
}

async function answers(client: Client): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + 2_000, () => client.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  }
}
