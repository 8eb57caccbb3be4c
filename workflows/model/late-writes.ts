/** Writes of ours whose answers nobody saw, as pure functions: what they do when they arrive after later ones is no move by hand. */
import type { Ledger } from '#contracts/messages.ts';
import type { RegistryState } from './ledger.ts';
import type { LateWrite, ModelState } from './requests.ts';

/** Writes that are remembered. */
const WRITES_KEPT = 50;
/** How long a request of ours may be under way before whatever it would do is taken for somebody else's doing. */
const LATE_MS = 15 * 60_000;

/** Notes that a write of these aliases was sent whose answer nobody saw: it may still arrive, after other moves. */
export function sentUnseen(state: ModelState, { champion, previous }: Ledger, at: string): ModelState {
  const until = new Date(Date.parse(at) + LATE_MS).toISOString();
  return { ...state, late: [...underWay(state, at), { champion, previous, until }].slice(-WRITES_KEPT) };
}

/** Writes of ours that may still arrive. */
export function underWay({ late = [] }: ModelState, at: string): LateWrite[] {
  return late.filter(({ until }) => until > at);
}

/** true when what MLflow says is not the ledger's, but what an earlier write of ours would have left, had it come now. */
export function arrivedLate(state: ModelState, found: RegistryState, at: string): boolean {
  const { champion, previous } = state.ledger;
  const held = found.champion?.version ?? null;
  const late = underWay(state, at);
  // Of stages only that they differ is known.
  if (held === champion && found.apart && found.apart.length > 0) return late.length > 0;
  if (held === champion && found.previous === previous) return false;
  return late.some(
    (write) =>
      (held === champion || held === write.champion) &&
      (found.previous === previous || found.previous === write.previous),
  );
}
