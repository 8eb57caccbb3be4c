/** Aliases and stages are the ledger's to move: what moved them, by hand or by anybody's run, the loop learns from here. */
import type { WatchActivities, WatchRequest } from '#contracts/loop/activities.ts';
import type { ChampionMove } from '#contracts/loop/answers.ts';
import type { Ledger } from '#contracts/messages.ts';
import { alias as aliases, versionTag } from '#contracts/names.ts';
import type { Loops } from '#ports/loops.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import { deployedAt } from '#records/decisions.ts';
import { foundApart } from '../release/stages.ts';
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
 * What was set by hand and no look has told yet. Where MLflow is not as the ledger says, the ledger is asked to look: it
 * takes a moved champion in, so that each move has an epoch and so an id of its own, or writes its own champion again where a
 * request of its that was thought lost came late. Other aliases and stages it notes, and stays what it is.
 */
export async function watchAlias(
  deps: {
    loops: Pick<Loops, 'ledger' | 'look'>;
    tracking: Parameters<typeof foundApart>[0];
    store: Pick<ObjectStore, 'list'>;
  },
  { policy, mark: raw }: Pick<WatchRequest, 'policy' | 'mark'>,
): Promise<Awaited<ReturnType<WatchActivities['watchAlias']>>> {
  const name = modelName(policy);
  const before = name === null ? null : await deps.loops.ledger(name);
  if (name === null || !before) return { handMove: null, mark: {} };
  const holder = (await deps.tracking.alias(name, aliases.champion))?.version ?? null;
  const moved = holder !== before.champion;
  const apart = await foundApart(deps.tracking, name, before, holder);
  const known = before.byHand?.open ? before.byHand.found : [];
  const ledger = moved || apart.join('\n') !== known.join('\n') ? await deps.loops.look(name) : before;
  if (!ledger) return { handMove: null, mark: {} };
  const { epoch, byHand: toldOf } = readCursor(raw);
  const { byHand } = ledger;
  const mark = { epoch: ledger.epoch, ...(byHand ? { byHand: byHand.number } : {}) };
  // What was put back before the first look is history.
  const set = byHand && byHand.number > toldOf && (byHand.open || epoch !== null) ? byHand : null;
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
  const byHandNow = outside && since !== null && number > since ? outside : null;
  if (!byHandNow && !set) return { handMove: null, mark, ...told };
  const words = [
    ...(byHandNow
      ? [`the alias champion of ${name} was moved by hand from ${named(byHandNow.from)} to ${named(byHandNow.to)}`]
      : []),
    ...(set?.found ?? []),
  ];
  const id = byHandNow ? `${name}/${number}` : `${name}/by-hand/${set?.number}`;
  return { handMove: { id, words: few(words).join('; ') }, mark, ...told };
}

/** Of hundreds of versions that somebody moved at once the first are enough. */
const MOST_TOLD = 5;
const few = (words: readonly string[]) =>
  words.length > MOST_TOLD ? [...words.slice(0, MOST_TOLD), `and ${words.length - MOST_TOLD} more`] : words;

const named = (version: string | null) =>
  version === null || version === 'none' ? 'no version' : `version ${version}`;
