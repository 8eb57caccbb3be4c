/** The alias is the ledger's to move; a move by hand is found here. */
import type { Json } from '#contracts/json.ts';
import type { WatchRequest } from '#contracts/loop.ts';
import { alias as aliases } from '#contracts/names.ts';
import type { Loops } from '../ports/loops.ts';
import type { RegisteredVersion } from '../ports/tracking.ts';
import { modelName } from './watch-deps.ts';
import { readMark } from './watch-mark.ts';

/**
 * The last move by hand that no look has told yet. Where the alias is not the ledger's, the ledger is asked to look: it
 * takes the move in, so that each move has an epoch and so an id of its own, or writes its own champion again where a
 * request of its that was thought lost came late.
 */
export async function watchAlias(
  deps: {
    loops: Pick<Loops, 'ledger' | 'look'>;
    tracking: { alias(model: string, alias: string): Promise<Pick<RegisteredVersion, 'version'> | null> };
  },
  { policy, mark: raw }: Pick<WatchRequest, 'policy' | 'mark'>,
): Promise<{ handMove: { id: string; words: string } | null; mark: Record<string, Json> }> {
  const name = modelName(policy);
  const before = name === null ? null : await deps.loops.ledger(name);
  if (name === null || !before) return { handMove: null, mark: {} };
  const holder = (await deps.tracking.alias(name, aliases.champion))?.version ?? null;
  const moved = holder !== before.champion;
  const ledger = moved ? await deps.loops.look(name) : before;
  if (!ledger) return { handMove: null, mark: {} };
  const mark = { epoch: ledger.epoch };
  const outside = ledger.moves.findLast((move) => move.key.startsWith('outside/'));
  const number = Number(outside?.key.slice('outside/'.length));
  const { epoch } = readMark(raw);
  // What happened before the first look is history, unless it is the ledger, too, that learns of it only now.
  const since = moved ? Math.min(epoch ?? before.epoch, before.epoch) : epoch;
  if (!outside || since === null || number <= since) return { handMove: null, mark };
  const words = `the alias champion of ${name} was moved by hand from ${named(outside.from)} to ${named(outside.to)}`;
  return { handMove: { id: `${name}/${number}`, words }, mark };
}

const named = (version: string | null) =>
  version === null || version === 'none' ? 'no version' : `version ${version}`;
