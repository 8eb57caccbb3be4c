/** The alias is the ledger's to move; a move by hand is found here. */
import type { Json } from '#contracts/json.ts';
import type { WatchRequest } from '#contracts/loop.ts';
import { alias as aliases } from '#contracts/names.ts';
import type { Loops } from '../ports/loops.ts';
import type { RegisteredVersion } from '../ports/tracking.ts';
import { modelName } from './watch-deps.ts';
import { readMark } from './watched-files.ts';

/** A move has one id, whether the ledger has learnt of it already or not. */
export async function watchAlias(
  deps: {
    loops: Pick<Loops, 'ledger'>;
    tracking: { alias(model: string, alias: string): Promise<Pick<RegisteredVersion, 'version'> | null> };
  },
  { policy, mark: raw }: Pick<WatchRequest, 'policy' | 'mark'>,
): Promise<{ handMove: { id: string; words: string } | null; mark: Record<string, Json> }> {
  const name = modelName(policy);
  const ledger = name === null ? null : await deps.loops.ledger(name);
  if (name === null || !ledger) return { handMove: null, mark: {} };
  const holder = (await deps.tracking.alias(name, aliases.champion))?.version ?? null;
  const mark = { epoch: ledger.epoch };
  if (holder !== ledger.champion) {
    // Ratchet's own move sets the alias first and the ledger after it: what is seen in between, the next look sees whole.
    const since = await deps.loops.ledger(name);
    if (!since || since.busy || since.epoch !== ledger.epoch) return { handMove: null, mark: {} };
    const words = `the alias champion of ${name} was moved by hand: it is at ${named(holder)}, the ledger has ${named(ledger.champion)}`;
    return { handMove: { id: `${name}/${ledger.epoch + 1}`, words }, mark };
  }
  const { epoch } = readMark(raw);
  const outside = ledger.moves.findLast((move) => move.key.startsWith('outside/'));
  const number = Number(outside?.key.slice('outside/'.length));
  // What happened before the first look is history.
  if (!outside || epoch === null || number <= epoch) return { handMove: null, mark };
  const words = `the alias champion of ${name} was moved by hand from ${named(outside.from)} to ${named(outside.to)}`;
  return { handMove: { id: `${name}/${number}`, words }, mark };
}

const named = (version: string | null) =>
  version === null || version === 'none' ? 'no version' : `version ${version}`;
