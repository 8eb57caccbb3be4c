/**
 * The ledger of one registered model, as pure functions: who is champion, who was before, how often it moved, and what was
 * answered to whom. Nothing here waits or asks; `model.ts` calls it while it holds the mutex.
 *
 * Holds always: at most one champion; `epoch` counts the moves; one key moves at most once; `previous` is the champion
 * before the last move.
 */
import type { KeptMove, LoggedMove } from '#contracts/activities.ts';
import type { ChampionRef, VersionRef } from '#contracts/data.ts';
import type { Ledger, MoveAnswer, MoveRequest, RegisterRequest, RollbackRequest } from '#contracts/messages.ts';
import type { ModelState } from './requests.ts';
import { afterMove, foundApart, stageOf } from './stages.ts';

/** Moves that the ledger tells. */
const MOVES_TOLD = 50;
/**
 * Answers that are remembered by key. An older key is safe, too: a registration is found again by its tag in MLflow, and
 * a repeated move finds its version champion, or the champion moved. So many fit into a payload with the rest.
 */
const ANSWERS_KEPT = 60;

/** Moves that are told to their versions with each one, so that one by hand is told with the next. */
const MOVES_SENT = 10;

/** The last moves, as versions tell them. */
export function loggedMoves({ moves }: Ledger): LoggedMove[] {
  return moves
    .slice(-MOVES_SENT)
    .map(({ key, from, to, at }) => ({ from, to, at, demotes: /^(rollback|outside)\//.test(key) }));
}

/** The oldest remembered move after this epoch; undefined when there is none. */
export function moveAfter({ model, epoch, moves }: Ledger, last: number): KeptMove | undefined {
  const first = epoch - moves.length + 1;
  const at = Math.max(last + 1 - first, 0);
  const move = moves[at];
  return move && { ...move, model, epoch: first + at };
}

/** Versions that a move is about. */
export const versionsIn = (...places: readonly (string | null)[]): string[] =>
  places.filter((place): place is string => place !== null && place !== 'none');

/** What MLflow says now. */
export interface RegistryState {
  champion: Pick<ChampionRef, 'version' | 'digest' | 'runId' | 'uri'> | null;
  previous: string | null;
  /** What else differs from the ledger, in words; absent: nobody looked. */
  apart?: readonly string[];
}

export type MoveDecision =
  | { kind: 'answer'; answer: MoveAnswer }
  /** The candidate was judged against another champion than the one there is. */
  | { kind: 'refuse'; champion: string | null; message: string; type?: 'InvalidInput' }
  | { kind: 'move'; next: ModelState; answer: MoveAnswer };

export function firstState(model: string, found: RegistryState): ModelState {
  const champion = found.champion?.version ?? null;
  return {
    ledger: { model, champion, previous: found.previous, epoch: 0, frozen: false, moves: [] },
    moved: [],
    registered: [],
  };
}

/**
 * Takes a champion that somebody else set in MLflow as a fact, and tells it as a move of its own; other differences are noted
 * only. The same state when there is neither.
 */
export function adopt(before: ModelState, found: RegistryState, at: string): ModelState {
  const champion = found.champion?.version ?? null;
  const ledger = foundApart(before.ledger, found.apart, at);
  const state = ledger === before.ledger ? before : { ...before, ledger };
  if (champion === ledger.champion) return state;
  const epoch = state.ledger.epoch + 1;
  const move = {
    key: `outside/${epoch}`,
    to: champion,
    by: 'somebody outside of Ratchet',
    reason: 'the alias was moved in MLflow by hand',
    at,
  };
  return { ...state, ledger: moved(state.ledger, move) };
}

/**
 * @param found MLflow's aliases after {@link adopt}: their champion is the ledger's.
 */
export function decideMove(state: ModelState, request: MoveRequest, found: RegistryState, at: string): MoveDecision {
  const before = state.moved.find(([key]) => key === request.key)?.[1];
  const { ledger } = state;
  const { to, expect } = request;
  // The same request again, by a retry or by another run: still true, or told to the very run that did it.
  const own = ledger.moves.some(({ key, by }) => key === request.key && by === request.by);
  if (before && (own || before.champion === ledger.champion)) return { kind: 'answer', answer: before };
  if (ledger.champion !== null && (ledger.champion === to.version || found.champion?.digest === to.digest))
    return {
      kind: 'answer',
      answer: {
        outcome: 'already-champion',
        champion: ledger.champion,
        previous: ledger.previous,
        epoch: ledger.epoch,
      },
    };
  if (ledger.champion !== expect) {
    const last = ledger.moves.at(-1);
    const by = last ? ` (moved by ${last.by}: ${last.reason})` : '';
    const message =
      `version ${to.version} of ${ledger.model} was judged against ${named(expect)}, but the champion is ${named(ledger.champion)}${by}: ` +
      'judge it again';
    return { kind: 'refuse', champion: ledger.champion, message };
  }
  const away = stageOf(ledger, to.version);
  if (away?.person) {
    const { model, champion, previous, epoch } = ledger;
    const reason =
      `version ${to.version} of ${model} was archived by ${away.by} (${away.reason}): train on other data, or ` +
      `\`ratchet model promote ${model}@${to.version} --reason TEXT\``;
    if (champion === null) return { kind: 'refuse', champion, message: reason, type: 'InvalidInput' };
    return { kind: 'answer', answer: { outcome: 'taken-back', champion, previous, epoch, reason } };
  }
  // What a person took back, the same model on the same verdict does not undo.
  if (before && expect !== null)
    return {
      kind: 'answer',
      answer: {
        outcome: 'taken-back',
        champion: expect,
        previous: ledger.previous,
        epoch: ledger.epoch,
        reason: takenBack(ledger, before.champion, expect),
      },
    };
  const reason = expect === null ? 'the first champion' : `better than version ${expect}`;
  return move(state, { key: request.key, to: to.version, by: request.by, reason, at });
}

/** Refused when there is nothing to go back to, or, as ChampionMoved, when the champion is not the one that is expected. */
export function decideRollback(state: ModelState, key: string, request: RollbackRequest, at: string): MoveDecision {
  const before = state.moved.find(([known]) => known === key);
  if (before) return { kind: 'answer', answer: before[1] };
  const { ledger } = state;
  const to = request.to ?? ledger.previous;
  if (to === null)
    return {
      kind: 'refuse',
      champion: ledger.champion,
      message: `${ledger.model} has no previous champion to go back to: name a version, \`ratchet rollback ${ledger.model} --to VERSION\``,
    };
  if (request.expect !== undefined && request.expect !== ledger.champion)
    return {
      kind: 'refuse',
      champion: ledger.champion,
      message: `version ${request.expect} of ${ledger.model} is champion no more, ${named(ledger.champion)} is`,
    };
  if (to === ledger.champion)
    return {
      kind: 'answer',
      answer: { outcome: 'already-champion', champion: to, previous: ledger.previous, epoch: ledger.epoch },
    };
  return move(state, { key, to, by: request.by, reason: request.reason, at });
}

/** The version that the request needs not create: what its key was registered as, or the champion when that is the very model. */
export function registeredAs(
  state: ModelState,
  request: RegisterRequest,
  found: RegistryState,
): VersionRef | undefined {
  const before = state.registered.find(([known]) => known === request.key);
  if (before) return before[1];
  if (!found.champion || found.champion.digest !== request.candidate.digest) return undefined;
  const { version, digest, runId, uri } = found.champion;
  const verdict = { digest: request.verdict.digest, against: request.verdict.against };
  return { kind: 'version', model: state.ledger.model, version, digest, runId, uri, verdict };
}

export function remember(state: ModelState, key: string, version: VersionRef): ModelState {
  return {
    ...state,
    registered: [...state.registered.filter(([known]) => known !== key), [key, version] as [string, VersionRef]].slice(
      -ANSWERS_KEPT,
    ),
  };
}

export function frozen(state: ModelState, yes: boolean): ModelState {
  return { ...state, ledger: { ...state.ledger, frozen: yes } };
}

interface Move {
  key: string;
  to: string | null;
  by: string;
  reason: string;
  at: string;
}

function move(state: ModelState, how: Move & { to: string }): MoveDecision {
  const ledger = moved(state.ledger, how);
  const answer: MoveAnswer = { outcome: 'promoted', champion: how.to, previous: ledger.previous, epoch: ledger.epoch };
  return {
    kind: 'move',
    answer,
    next: { ...state, ledger, moved: [...state.moved, [how.key, answer] as [string, MoveAnswer]].slice(-ANSWERS_KEPT) },
  };
}

function moved(ledger: Ledger, { to, ...how }: Move): Ledger {
  const entry = { ...how, from: ledger.champion, to: to ?? 'none' };
  return {
    ...afterMove(ledger, to, how),
    champion: to,
    previous: ledger.champion,
    epoch: ledger.epoch + 1,
    moves: [...ledger.moves, entry].slice(-MOVES_TOLD),
  };
}

function takenBack({ model, moves }: Ledger, version: string, champion: string): string {
  const last = moves.at(-1);
  const by = last ? ` by ${last.by} (${last.reason})` : '';
  return (
    `version ${version} of ${model} was champion on this very verdict and was taken back to version ${champion}${by}: ` +
    `train on other data, or \`ratchet rollback ${model} --to ${version} --reason TEXT\``
  );
}

function named(version: string | null): string {
  return version === null ? 'no champion' : `version ${version}`;
}
