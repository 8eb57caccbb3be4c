/** Loops that are real in all they ask of: Temporal's test server skips time, MLflow, S3, DuckDB and Python are themselves. */
import type { Client } from '@temporalio/client';
import { asActivities } from '#activities/dispatch/failure.ts';
import { heartbeating } from '#activities/dispatch/heartbeating.ts';
import { createAccountActivities } from '#activities/release/account-activities.ts';
import { createModelActivities } from '#activities/release/model-activities.ts';
import { createPromote } from '#activities/release/promote.ts';
import { createLoopActivities } from '#activities/watch/loop-activities.ts';
import { createLoops } from '#adapters/temporal/loop-port.ts';
import { moveAlias, readLedger, registerVersion } from '#adapters/temporal/models.ts';
import type { WatchActivities } from '#contracts/loop/activities.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { versionTag } from '#contracts/names.ts';
import { writeRecord } from '#records/runs.ts';
import { drawnKey } from '../fixtures/signing-keys.ts';
import { waitUntil } from '../fixtures/wait-until.ts';
import { type Harness, startHarness, step } from '../workflows/harness.ts';
import { LATE_DAYS, type WatchWorld } from './watch-world.ts';

export async function startWatchHarness(world: WatchWorld): Promise<{ harness: Harness; watch: WatchActivities }> {
  const { store } = world;
  const { tracking } = world.judged.evaluateDeps;
  // Known when the harness is there, and asked only then.
  const loops = () => createLoops(harness.environment.client);
  const late = new Proxy({} as ReturnType<typeof loops>, { get: (_, name) => Reflect.get(loops(), name) });
  const watch = world.watch(late);
  const harness = await startHarness({
    activities: asActivities({
      ...createLoopActivities({ store, loops: late }),
      ...createAccountActivities({ store, registry: tracking as never, signingKey: drawnKey }),
      ...heartbeating({ ...createModelActivities(tracking as never), ...watch }),
      writeRecord: (record: never) => writeRecord(store, record),
    }),
  });
  return { harness, watch };
}

/** As training was told: two of the three inputs are joined as of the row's time. */
export function watchPolicy(world: WatchWorld, pipeline: string, more: object = {}): LoopPolicy {
  const { watch: own = {}, ...rest } = more as { watch?: object };
  return LoopPolicy.parse({
    ...{ pipeline, model: pipeline, ...rest },
    watch: {
      ...{ source: world.source, timeColumn: 'at', window: '28d', target: 'late', labelsAfter: `${LATE_DAYS}d` },
      features: {
        views: [{ name: 'weather', source: world.weather, time: 'time', on: { place: 'place' } }],
        select: ['at', 'a', 'b', 'c', 'late'],
      },
      ...own,
    },
  });
}

/**
 * Waits until a ledger does nothing. A move cancels the audit packs that are still being written for the one before it, and Temporal's test server,
 * other than the real one, refuses a task that cancels an activity which has just ended: no time passes there any more.
 */
export async function ledgerAtRest({ workflow }: Client, model: string): Promise<void> {
  await waitUntil(
    () => workflow.getHandle(`model/${model}`).describe(),
    ({ raw }) => (raw.pendingActivities ?? []).length === 0,
  );
}

/** A pipeline each of whose runs registers and promotes the next of these models, as the stages do. @param name also the model's */
export function promotingInTurn(
  harness: Harness,
  world: WatchWorld,
  name: string,
  order: readonly ('weak' | 'good')[],
): string {
  const { client } = harness.environment;
  const left = [...order];
  const promote = createPromote({
    tracking: world.judged.evaluateDeps.tracking,
    promotion: {
      register: (target, request) => registerVersion(client, target, request),
      move: (target, request) => moveAlias(client, target, request),
    },
  });
  return harness.pipeline(
    {
      nodes: [step('promote', 'promote')],
      steps: {
        promote: async (_: never, { run }) => {
          const which = left.shift() ?? 'good';
          const candidate = await world.judged.candidate(which);
          const against = (await readLedger(client, { model: name }))?.champion ?? null;
          const verdict = { digest: `verdict-${left.length}`, against, outcome: 'passed', reasons: [], report: null };
          const { version } = await registerVersion(
            client,
            { model: name, asker: run.id },
            {
              ...{ key: `${which}-${left.length}`, candidate, verdict, description: '' },
              tags: { [versionTag.asOf]: run.asOf },
            },
          );
          await ledgerAtRest(client, name);
          const context = { run, signal: new AbortController().signal, progress: () => undefined };
          return promote({ version }, context as never);
        },
      },
    },
    name,
  );
}
