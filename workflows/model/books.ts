/**
 * The ledger of one model beside what MLflow says: read, compared and written, by one request at a time. `model.ts` holds the
 * mutex while it asks here.
 *
 * Holds always: the state is changed only after MLflow was, so that a refused write leaves it as it was.
 */
import { ApplicationFailure, patched, proxyActivities, sleep } from '@temporalio/workflow';
import type { ModelActivities, Standing } from '#contracts/activities.ts';
import { HEARTBEAT_TIMEOUT_MS } from '#contracts/heartbeat.ts';
import type { Ledger, MoveAnswer } from '#contracts/messages.ts';
import { KeptMoves } from './kept-moves.ts';
import { arrivedLate, sentUnseen, underWay } from './late-writes.ts';
import { adopt, firstState, loggedMoves, type MoveDecision, type RegistryState, versionsIn } from './ledger.ts';
import type { Mutex } from './mutex.ts';
import { Packs } from './packs.ts';
import type { ModelState } from './requests.ts';
import { told } from './stages.ts';

/** From one look at the aliases to the next while a write of ours may still be under way: MLflow's clients give up after 30 s. */
const READ_BACK = ['40s', '2m', '5m'] as const;

export const mlflow = proxyActivities<ModelActivities>({
  // A handful of REST calls, each with a deadline of its own, and all bytes of a model that is to become champion.
  startToCloseTimeout: '30m',
  // They beat: a worker that dies in the middle must not hold everybody up for that long.
  heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  // MLflow may be away for long; a promotion waits for it, and those behind it wait, too.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
});

export const now = () => new Date().toISOString();

export class Books {
  state: ModelState;
  /** MLflow was read once. */
  known: boolean;
  readonly kept: KeptMoves;
  readonly packs: Packs;
  readonly #model: string;
  readonly #mutex: Mutex;
  #readingBack = false;

  constructor(model: string, mutex: Mutex, carried: ModelState | undefined) {
    this.#model = model;
    this.#mutex = mutex;
    this.known = carried !== undefined;
    this.packs = new Packs(model, carried?.packs);
    this.kept = new KeptMoves(({ from, to }) => this.packs.owe(...versionsIn(from, to)), carried?.kept);
    this.state = carried ?? firstState(model, { champion: null, previous: null });
  }

  get ledger(): Ledger {
    return this.state.ledger;
  }

  /** What MLflow says; the first time it is the ledger's beginning, later a difference is somebody's doing by hand. */
  async look(): Promise<RegistryState> {
    let found = await this.#read();
    if (this.known && arrivedLate(this.state, found, now())) {
      await mlflow.setAliases(this.#aliases(this.state));
      found = await this.#read();
    }
    const { epoch, inStep } = this.ledger;
    this.state = this.known ? adopt(this.state, found, now()) : firstState(this.#model, found);
    this.known = true;
    const byHand = inStep && this.ledger.epoch !== epoch;
    const take = async () => {
      this.keepMoves();
      // A champion that was moved by hand is in Production, too. What cannot be written now is written with the next move.
      if (byHand)
        await this.keep(this.state).catch(() => {
          this.state = { ...this.state, ledger: told(this.ledger, undefined) };
        });
    };
    // Packs are owed when the move is in the store, and versions say more of themselves once the aliases are there.
    if (byHand && patched('packs of a move by hand are written once')) await this.packs.together(take);
    else {
      await take();
      if (byHand) this.packs.owe(...versionsIn(this.ledger.previous, this.ledger.champion));
    }
    return found;
  }

  /** Makes MLflow what this state says, which is the state then. */
  async keep(next: ModelState): Promise<void> {
    const answer = await mlflow.setAliases(this.#aliases(next));
    this.state = { ...next, ledger: told(next.ledger, answer) };
    this.keepMoves();
    if (!answer?.unsure) return;
    this.state = sentUnseen(this.state, this.ledger, now());
    void this.readBack();
  }

  async write(decision: MoveDecision): Promise<MoveAnswer> {
    const { note } = this.ledger;
    if (decision.kind === 'answer') {
      // Whoever asks for what is so already: what was set by hand beside it is put back.
      if (this.ledger.byHand?.open && decision.answer.champion === this.ledger.champion) await this.keep(this.state);
      return { ...decision.answer, ...this.noteSince(note) };
    }
    if (decision.kind === 'refuse') {
      if (decision.type) throw ApplicationFailure.nonRetryable(decision.message, decision.type);
      throw ApplicationFailure.nonRetryable(decision.message, 'ChampionMoved', decision.champion);
    }
    try {
      await this.keep(decision.next);
    } catch (error) {
      // Refused for good, maybe half done: put back what was there, and tell why.
      await mlflow.setAliases(this.#aliases(this.state)).catch(() => undefined);
      throw error;
    }
    return { ...decision.answer, ...this.noteSince(note) };
  }

  /** A request that was thought lost and comes after a later move would undo that: the aliases are looked at until then. */
  async readBack(): Promise<void> {
    if (this.#readingBack) return;
    this.#readingBack = true;
    for (let wait = 0; underWay(this.state, now()).length > 0; wait++) {
      await sleep(READ_BACK[Math.min(wait, READ_BACK.length - 1)] ?? '5m');
      await this.#mutex.run(() => this.look()).catch(() => undefined);
    }
    this.#readingBack = false;
  }

  /** To be called after every move. */
  keepMoves(): void {
    this.kept.write(() => this.ledger);
  }

  /** What MLflow would not do with stages is told once: to whom it was news. */
  noteSince(before: string | undefined): { note?: string } {
    const { note } = this.ledger;
    return note !== undefined && note !== before ? { note } : {};
  }

  #read() {
    const { champion, previous, stages, inStep } = this.ledger;
    const standing: Standing = { ...{ champion, previous, inStep }, ...(stages ? { stages } : {}) };
    return mlflow.readAliases({ model: this.#model, ...(this.known && inStep ? { ledger: standing } : {}) });
  }

  #aliases({ ledger }: ModelState) {
    const { champion, previous, stages = [] } = ledger;
    return { model: this.#model, champion, previous, moves: loggedMoves(ledger), stages };
  }
}
