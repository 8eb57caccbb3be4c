/**
 * Which rows of holdouts the verdicts of a model have used, as pure functions. `model.ts` answers one claim at a time, so that of
 * two runs that judge at once one comes first, and the other learns of it.
 *
 * Holds always: the same key is one use, whoever claims it and however often; what a run claimed is never held against that
 * run, nor against a repeat of the same claim.
 */
import type { ClaimAnswer, ClaimRequest, EarlierUse, HoldoutSpan, SettleRequest } from '#contracts/holdout-use.ts';

export interface HoldoutUse {
  key: string;
  run: string;
  /** Null where the span of time is known. */
  digest: string | null;
  from: number | null;
  to: number | null;
  /** A claim counts as used until its gate has said otherwise: somebody may have seen the figures. */
  state: EarlierUse['state'];
  /** Of an open one: the so-manieth look it was. */
  look: number;
}

/** Two years of weekly verdicts. With the answers that the ledger remembers they fit into one payload. */
const USES_KEPT = 100;

/** Oldest first. A repeated claim keeps its place, and so what it is told. */
export function claim(
  uses: readonly HoldoutUse[],
  { key, run, holdout, looks }: ClaimRequest,
): { uses: HoldoutUse[]; answer: ClaimAnswer } {
  const place = uses.findIndex((use) => use.key === key);
  const before = place < 0 ? uses : uses.slice(0, place);
  const met = before.filter((use) => use.run !== run && meets(use, holdout));
  const earlier = met.map(
    ({ from, to, state, look }): EarlierUse => ({
      ...{ from, to },
      state: state === 'open' && look < looks ? 'open' : 'used',
    }),
  );
  const seen = met.filter((_, at) => earlier[at]?.state === 'open').map((use) => use.look);
  const look = 1 + Math.max(0, ...seen);
  const { from, to, digest } = holdout;
  const own: HoldoutUse = { ...{ key, run, from, to }, digest: from === null ? digest : null, state: 'used', look };
  const all = place < 0 ? [...uses, own] : uses.map((use, at) => (at === place ? own : use));
  return { uses: all.slice(-USES_KEPT), answer: { earlier, look } };
}

/** The same again changes nothing; what was forgotten meanwhile stays so. */
export function settle(uses: readonly HoldoutUse[], { key, outcome }: SettleRequest): HoldoutUse[] {
  if (outcome === 'released') return uses.filter((use) => use.key !== key);
  return uses.map((use) => (use.key === key ? { ...use, state: outcome } : use));
}

/** By time where both are known; a table without times is the same one or another. */
function meets(use: HoldoutUse, { digest, from, to }: HoldoutSpan): boolean {
  if (use.from !== null && use.to !== null && from !== null && to !== null) return use.from < to && from < use.to;
  return use.digest === digest;
}
