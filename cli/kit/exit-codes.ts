import type { RunStatus } from '#contracts/run.ts';

/** What `ratchet` exits with; the tables in the README and below `ratchet help` are this one. */
export const exitCode = {
  /** promoted, finished, or already champion */
  ok: 0,
  failed: 1,
  /** wrong use: unknown verb, bad option, params or data that do not fit */
  usage: 2,
  /** refused by the gate; a check that found something */
  refused: 3,
  /** waits for an approval or for a server, or the evidence decides nothing */
  undecided: 4,
} as const;

const ofStatus: Record<RunStatus, number> = {
  promoted: exitCode.ok,
  'already-champion': exitCode.ok,
  finished: exitCode.ok,
  refused: exitCode.refused,
  inconclusive: exitCode.undecided,
  waiting: exitCode.undecided,
  running: exitCode.ok,
  failed: exitCode.failed,
  cancelled: exitCode.failed,
};

export const exitCodeOf = (status: RunStatus): number => ofStatus[status];

export const exitCodeHelp = `Exit codes:
  0  promoted, finished, or already champion
  1  failed
  2  wrong use: unknown verb, bad option, params or data that do not fit
  3  refused by the gate, or a check that found something
  4  waits for an approval (--wait returns at the first) or for a server (a rollback that is queued), or inconclusive`;
