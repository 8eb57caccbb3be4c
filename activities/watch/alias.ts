/** The alias is the ledger's to move: what moved it, by hand or by anybody's run, the loop learns from here. */
import type { Json } from '#contracts/json.ts';
import type { WatchActivities, WatchRequest } from '#contracts/loop/activities.ts';
import type { ChampionMove } from '#contracts/loop/answers.ts';
import type { Ledger } from '#contracts/messages.ts';
import { alias as aliases, versionTag } from '#contracts/names.ts';
import type { Loops } from '#ports/loops.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { RegisteredVersion, Tracking } from '#ports/tracking.ts';
import { deployedAt } from '#records/decisions.ts';
import { readCursor } from './cursor.ts';
import { modelName } from './deps.ts';

/** Of a run's id: whose pipeline it is a run of. */
const pipelineOf = (runId: string) => /^run\/([^/]+)\//.exec(runId)?.[1];

/**
 * What the ledger tells after `since`, whoever moved the champion. A promotion by a run of another pipeline is that one's to
 * judge. Anybody may start a run under any id: where that names no pipeline, the version's tag does; where neither does, it
 * is ours.
 */
async function movesSince(
  ledger: Ledger,
  since: (epoch: number, at: string) => boolean,
  { tracking, pipeline }: { tracking: Pick<Tracking, 'version'>; pipeline: string },
): Promise<ChampionMove[]> {
  const { epoch: last, moves, model } = ledger;
  const found = moves.flatMap(({ key, from, to, by, at }, index) => {
    const epoch = last - (moves.length - 1 - index);
    if (!since(epoch, at)) return [];
    // As the stage promote signs: `<run id> (<who>)`.
    const runId = by.split(' (')[0] ?? by;
    const probation = !/^(rollback|outside)\//.test(key) && (pipelineOf(runId) ?? pipeline) === pipeline;
    return [{ runId, version: to, previous: from, epoch, at, probation }];
  });
  if (!found.some(({ probation }) => probation)) return found;
  // The ledger keeps its last moves only, so that these are few.
  const told: ChampionMove[] = [];
  for (const each of found) {
    const tags = (await tracking.version(model, each.version))?.tags;
    const own = (pipelineOf(each.runId) ?? tags?.[versionTag.pipeline] ?? pipeline) === pipeline;
    told.push({ ...each, at: tags?.[versionTag.asOf] ?? each.at, probation: each.probation && own });
  }
  return told;
}

/**
 * The last move by hand that no look has told yet. Where the alias is not the ledger's, the ledger is asked to look: it
 * takes the move in, so that each move has an epoch and so an id of its own, or writes its own champion again where a
 * request of its that was thought lost came late.
 */
export async function watchAlias(
  deps: {
    loops: Pick<Loops, 'ledger' | 'look'>;
    tracking: { alias(model: string, alias: string): Promise<Pick<RegisteredVersion, 'version'> | null> } & Pick<
      Tracking,
      'version'
    >;
    store: Pick<ObjectStore, 'list'>;
  },
  { policy, mark: raw }: Pick<WatchRequest, 'policy' | 'mark'>,
): Promise<Awaited<ReturnType<WatchActivities['watchAlias']>>> {
  const name = modelName(policy);
  const before = name === null ? null : await deps.loops.ledger(name);
  if (name === null || !before) return { handMove: null, mark: {} };
  const holder = (await deps.tracking.alias(name, aliases.champion))?.version ?? null;
  const moved = holder !== before.champion;
  const ledger = moved ? await deps.loops.look(name) : before;
  if (!ledger) return { handMove: null, mark: {} };
  const mark = { epoch: ledger.epoch };
  const { epoch } = readCursor(raw);
  // Before the first look: those since the pipeline was deployed. The loop itself knows which it has heard of by their runs.
  const deployed = epoch === null ? await deployedAt(deps.store, policy.pipeline) : null;
  const moves = await movesSince(
    ledger,
    (number, at) => (epoch === null ? deployed !== null && Date.parse(at) >= deployed.getTime() : number > epoch),
    { tracking: deps.tracking, pipeline: policy.pipeline },
  );
  const told = moves.length > 0 ? { moves } : {};
  const outside = ledger.moves.findLast((move) => move.key.startsWith('outside/'));
  const number = Number(outside?.key.slice('outside/'.length));
  // What happened before the first look is history, unless it is the ledger, too, that learns of it only now.
  const since = moved ? Math.min(epoch ?? before.epoch, before.epoch) : epoch;
  if (!outside || since === null || number <= since) return { handMove: null, mark, ...told };
  const words = `the alias champion of ${name} was moved by hand from ${named(outside.from)} to ${named(outside.to)}`;
  return { handMove: { id: `${name}/${number}`, words }, mark, ...told };
}

const named = (version: string | null) =>
  version === null || version === 'none' ? 'no version' : `version ${version}`;
