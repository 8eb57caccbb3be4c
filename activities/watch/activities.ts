/** All activities of `watch` and `fire`, and those of `loop` that take long. */
import { mkdir } from 'node:fs/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { jsonBytes } from '#contracts/json.ts';
import type { WatchActivities } from '#contracts/loop/activities.ts';
import type { EvidenceSignal } from '#contracts/loop/evidence.ts';
import { readPolicy } from '#records/decisions.ts';
import { watchAlias } from './alias.ts';
import { watchData } from './data.ts';
import { modelName, type WatchDeps } from './deps.ts';
import { watchDrift } from './drift.ts';
import { watchEstimate } from './estimate.ts';
import { judgeCohort } from './judge-cohort.ts';
import { watchPerformance } from './performance.ts';
import { watchSkew } from './skew.ts';

/** Bytes of evidence in one signal. */
const TOGETHER = 32 * 1024;

/** What a watch that was under way found must not bring back the loop that `ratchet deploy` has taken down meanwhile. */
async function isDeployed({ loops, store }: WatchDeps, pipeline: string): Promise<boolean> {
  return (await loops.runs(pipeline)) || (await readPolicy(store, pipeline)) !== null;
}

/** The workflow that tells: its history says which schedule started it. */
const teller = () => Context.current().info.workflowExecution?.workflowId ?? 'ratchet';

/** The last ones, as many as go into one signal: lists of partitions, which may be long, are first. */
function fitting<T>(evidence: readonly T[]): T[] {
  let bytes = 0;
  const first = evidence.findLastIndex((each) => {
    bytes += jsonBytes(each);
    return bytes > TOGETHER;
  });
  return evidence.slice(first + 1);
}

export function createWatchActivities(deps: WatchDeps): WatchActivities {
  const ready = () => mkdir(deps.workFolder, { recursive: true });
  return {
    watchStart: async ({ pipeline }) => {
      const policy = await readPolicy(deps.store, pipeline);
      return policy?.watch ? { policy, mark: await deps.loops.mark(pipeline) } : null;
    },
    watchData: async (request) => {
      await ready();
      return watchData(deps, request);
    },
    watchDrift: async (request) => {
      await ready();
      return watchDrift(deps, request);
    },
    watchPerformance: async (request) => {
      await ready();
      return watchPerformance(deps, request);
    },
    watchEstimate: async (request) => {
      await ready();
      return watchEstimate(deps, request);
    },
    watchSkew: async (request) => {
      await ready();
      return watchSkew(deps, request);
    },
    watchAlias: (request) => watchAlias(deps, request),
    tellFindings: async ({ pipeline, environment, evidence, mark, handMove, moves }) => {
      const target = { pipeline, environment };
      if (!(await isDeployed(deps, pipeline))) return;
      // The kind goes with its shape, as before.
      const traced = evidence.map((told) => ({ ...told, value: { ...told.value, who: teller() } }) as EvidenceSignal);
      const together = fitting(traced);
      for (const told of traced.slice(0, traced.length - together.length)) await deps.loops.tell(target, told);
      // The mark is last: a watch that dies before is repeated from the old one, and what it tells again counts once.
      await deps.loops.tellWatched(target, {
        ...{ evidence: together, mark, handMove },
        ...(moves ? { moves } : {}),
      });
    },
    tellFired: async ({ pipeline, environment, cron, at, id }) => {
      if (!(await isDeployed(deps, pipeline))) return;
      const value = { id, at, source: 'schedule', who: teller(), trigger: 'schedule', detail: cron } as const;
      await deps.loops.tell({ pipeline, environment }, { signal: 'fired', value });
    },
    judgeCohort: async ({ policy, provisional }) => {
      await ready();
      return judgeCohort(deps, policy, provisional);
    },
    rollBack: async ({ policy, provisional, words }) => {
      const model = modelName(policy);
      if (model === null)
        return { done: false, words: 'the pipeline trains no model any more: nothing is rolled back' };
      const { version, previous, runId, maturesAt } = provisional;
      const { environment, pipeline } = policy;
      const { cancellationSignal: signal } = Context.current();
      try {
        // Whether it is champion still the ledger decides, in one go with the move: a promotion may be under way there. An
        // attempt after one that died is told what that one did.
        const answer = await deps.loops.rollBack(
          // One that was refused is asked for anew after the next judgement.
          { model, environment, asker: `cohort/${runId}/${maturesAt}`, signal },
          { by: `the loop of ${pipeline}`, reason: words, to: previous, expect: version },
        );
        return { done: true, words: `version ${answer.champion} is champion again` };
      } catch (error) {
        if (!(error instanceof ApplicationFailure) || error.type !== 'ChampionMoved') throw error;
        const champion = error.details?.[0];
        return {
          done: false,
          words: `${champion ? `version ${champion}` : 'no version'} took its place meanwhile: nothing is rolled back`,
        };
      }
    },
  };
}
