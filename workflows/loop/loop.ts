/**
 * `loop/<pipeline>`: takes every signal and request for a pipeline, decides, and starts its runs, one at a time, for ever.
 *
 * Why nothing is lost: a signal or update that the server has acknowledged is in the history. Handlers only put it into
 * the inbox; that is emptied by `decide`, a recorded local activity over a pure function, and what is left of it goes
 * along when the loop starts over. That happens long before the server would refuse a signal (its 10,001st), busy or not:
 * a run is a child that outlives its parent, and the next execution follows it by its id.
 */

import { ApplicationFailure, type SignalDefinition } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  patched,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { canonicalJson, type Json, jsonBytes } from '#contracts/json.ts';
import type { LoopActivities, LoopMemory, LoopStep, RunOrder } from '#contracts/loop/activities.ts';
import type { ChampionMove, Provisional, RetrainAnswer } from '#contracts/loop/answers.ts';
import type { EvidenceKind } from '#contracts/loop/evidence.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import {
  codeChangedSignal,
  configureUpdate,
  dataArrivedSignal,
  driftMeasuredSignal,
  firedSignal,
  labelsArrivedSignal,
  loopStatusQuery,
  metricObservedSignal,
  type PauseRequest,
  pauseUpdate,
  resumeUpdate,
  retrainUpdate,
  skewMeasuredSignal,
  watchedSignal,
} from '#contracts/messages.ts';
import { workflowId } from '#contracts/names.ts';
import { searchAttribute } from '#contracts/search-attribute.ts';
import { askWorker } from '../run/interpreter/local.ts';
import { type LoopArguments, loopArguments, undeployed } from './arguments.ts';
import { judged, rolledBack } from './cohorts.ts';
import { freshDetails, loopDetails } from './details.ts';
import { Inbox } from './inbox.ts';
import { Journal } from './journal.ts';
import { runEnd, startRun } from './run.ts';
import { loopStatus } from './status.ts';

/**
 * A fifth of what an execution takes, and a quarter of its updates: room for those that arrive while it starts over, and a
 * history that is read again in a moment when a task has to be done again.
 */
const SIGNALS_A_HISTORY = 2_000;
const UPDATES_A_HISTORY = 500;
/** So long a loop without a run waits for more of the same moment before it decides. */
const SETTLE_MS = 500;
/** Where the watch left off, bytes of JSON: twice what ours takes at most. */
const MARK = 64 * 1024;

const signals = [
  dataArrivedSignal,
  driftMeasuredSignal,
  metricObservedSignal,
  codeChangedSignal,
  labelsArrivedSignal,
  firedSignal,
  skewMeasuredSignal,
];

export async function loop(raw: unknown): Promise<void> {
  const loop = new Loop(loopArguments(raw));
  loop.listen();
  await loop.work();
}

class Loop {
  readonly #arguments: LoopArguments;
  readonly #inbox: Inbox;
  readonly #journal: Journal;
  #policy: LoopPolicy | null;
  #memory: LoopMemory | null;
  #mark: Json;
  #taken: number;
  readonly #answers = new Map<string, RetrainAnswer>();
  /** Batches that were decided upon: what a handler waits for. */
  #decided = 0;
  #deciding = 0;
  #wakeAt: string | null = null;
  /** What would be lost, or asked of nobody, by an end of this execution: starts and words to others that Temporal has not confirmed. */
  #underWay = 0;
  #shown = '';

  constructor(given: LoopArguments) {
    const { carried } = given;
    this.#arguments = given;
    this.#inbox = new Inbox(carried ?? { seen: '', queue: [], duplicates: 0 }, {
      apart: () => patched('ids that others choose are remembered apart'),
      byKind: () => patched('ids of each kind and sender are remembered apart'),
    });
    this.#journal = new Journal(carried ?? { recent: [], unwritten: [] });
    this.#policy = carried ? carried.policy : (given.policy ?? null);
    this.#memory = carried?.memory ?? null;
    this.#mark = carried?.mark ?? null;
    this.#taken = carried?.taken ?? 0;
  }

  /** Before anything is awaited: what came with the start must find its handler. */
  listen(): void {
    setHandler(loopStatusQuery, () => this.#status());
    // Whatever somebody sent: it is checked where it is decided upon.
    for (const signal of signals)
      setHandler(signal as SignalDefinition<[unknown]>, (value) => {
        this.#taken++;
        this.#inbox.signal(signal.name as EvidenceKind, value);
      });
    setHandler(watchedSignal, (report) => {
      this.#inbox.signals++;
      // Whatever somebody sent, here, too.
      for (const told of Array.isArray(report?.evidence) ? report.evidence : []) {
        if (!signals.some(({ name }) => name === told?.signal)) continue;
        this.#taken++;
        this.#inbox.takeIn(told.signal, told.value);
      }
      const mark = report?.mark ?? null;
      // It goes along for ever: one that is too large would end the loop, and without it the watch counts once more.
      if (jsonBytes(mark) <= MARK) this.#mark = mark;
      else log.warn('the watch’s mark is too large to be kept', { bytes: jsonBytes(mark), kept: MARK });
      for (const each of Array.isArray(report?.moves) ? report.moves : []) {
        const told = moveIn(each);
        if (told) this.#inbox.event({ kind: 'moved', ...told });
      }
      const move = report?.handMove;
      if (move)
        this.#inbox.event({
          kind: 'handMove',
          id: String(move.id).slice(0, 200),
          words: String(move.words).slice(0, 2_000),
        });
    });
    setHandler(
      retrainUpdate,
      async (request) => {
        this.#count();
        this.#inbox.event({ kind: 'retrain', request });
        await condition(() => this.#answers.has(request.id));
        return this.#answers.get(request.id) as RetrainAnswer;
      },
      {
        validator: (request) => {
          wanted(request, ['id', 'by', 'reason']);
          if (request.id.length > 200)
            throw ApplicationFailure.nonRetryable(
              `the request's id has ${request.id.length} characters, 200 are allowed: give it a shorter one`,
              'InvalidInput',
            );
        },
      },
    );
    const person =
      (kind: 'pause' | 'resume') =>
      async ({ by, reason }: PauseRequest) => {
        this.#count();
        this.#inbox.event({ kind, by, reason });
        await this.#nextDecision();
        return this.#status();
      };
    const validator = (request: PauseRequest) => wanted(request, ['by', 'reason']);
    setHandler(pauseUpdate, person('pause'), { validator });
    setHandler(resumeUpdate, person('resume'), { validator });
    setHandler(
      configureUpdate,
      async (policy) => {
        this.#inbox.updates++;
        if (canonicalJson(policy) === canonicalJson(this.#policy)) return { changed: false };
        this.#policy = policy;
        this.#inbox.event({ kind: 'configured', by: 'ratchet deploy' });
        await this.#nextDecision();
        return { changed: true };
      },
      { validator: (policy) => wanted(policy, ['pipeline', 'environment']) },
    );
  }

  async work(): Promise<never> {
    const { pipeline } = this.#arguments;
    if (this.#policy === null) {
      const stored = await askWorker<LoopActivities>().loopPolicy({ pipeline });
      // A deployment may have come first.
      this.#policy ??= stored;
    }
    if (this.#memory === null) setCurrentDetails(freshDetails(this.#policy));
    this.#takeUp();
    for (;;) {
      // Before anything is asked of the worker, where it can be: it is done again when Temporal does not take the task.
      if (this.#mayStartOver()) await this.#startOver();
      while (!this.#inbox.empty || this.#due()) {
        await this.#settle();
        await this.#decide();
      }
      const told = () => !this.#inbox.empty || this.#mayStartOver();
      if (this.#wakeAt === null) await condition(told);
      else await condition(told, Math.max(1, Date.parse(this.#wakeAt) - Date.now()), { summary: this.#waitsFor() });
    }
  }

  /**
   * What happened at one moment is told in several signals, one after another: a run that the first of them asks for would
   * leave the others for the next one.
   */
  async #settle(): Promise<void> {
    const idle = !this.#memory?.run;
    if (!idle || !this.#inbox.onlyEvidence || !patched('what comes together is decided together')) return;
    await condition(() => !this.#inbox.onlyEvidence, SETTLE_MS);
  }

  async #decide(): Promise<void> {
    const inputs = this.#inbox.take();
    this.#deciding = inputs.length;
    const now = new Date().toISOString();
    const policy = this.#effective();
    const step = await askWorker<LoopActivities>().decide({ policy, memory: this.#memory, inputs, now });
    this.#deciding = 0;
    this.#memory = step.memory;
    this.#wakeAt = step.wakeAt;
    for (const { id, answer } of step.answers) this.#answers.set(id, answer);
    this.#decided++;
    const malformed = step.decisions.flatMap((decision) => decision.malformed.map(({ id }) => id));
    if (malformed.length > 0) this.#inbox.forget(inputs, malformed);
    this.#journal.add({ now, inputs, decisions: step.decisions });
    this.#carryOut(step);
    this.#show(step.memory);
  }

  #carryOut({ start, judge, rollBack, tell }: LoopStep): void {
    if (start) void this.#run(start);
    for (const provisional of judge) void this.#judge(provisional);
    for (const order of rollBack) void this.#rollBack(order);
    // A pipeline that is not deployed has no loop: nobody waits there.
    for (const { pipeline, fired } of tell)
      void this.#confirmed(
        getExternalWorkflowHandle(workflowId.loop(pipeline))
          .signal(firedSignal, fired)
          .catch(() => undefined),
      );
  }

  /** What the execution before left under way. */
  #takeUp(): void {
    this.#journal.write();
    if (this.#memory?.run) void this.#follow(this.#memory.run.runId);
    // Asked for twice, a rollback is done once, and says so.
    for (const { judging, again: _again, worse, ...provisional } of this.#memory?.provisional ?? [])
      if (worse) void this.#rollBack({ ...provisional, words: worse });
      else if (judging) void this.#judge(provisional);
    if (this.#memory) this.#wakeAt = new Date().toISOString();
  }

  async #run(order: RunOrder): Promise<void> {
    const { pipeline, environment } = this.#arguments;
    const { end } = await this.#confirmed(startRun(pipeline, environment, order));
    await end;
    await this.#follow(order.runId);
  }

  async #follow(runId: string): Promise<void> {
    this.#inbox.event({ kind: 'runEnded', ended: await runEnd(runId) });
  }

  async #judge(provisional: Provisional): Promise<void> {
    this.#inbox.event(await judged(this.#effective(), provisional));
  }

  async #rollBack(order: Provisional & { words: string }): Promise<void> {
    this.#inbox.event(await rolledBack(this.#effective(), order));
  }

  #effective(): LoopPolicy {
    return this.#policy ?? undeployed(this.#arguments);
  }

  /** For the timer's line in the Web UI. */
  #waitsFor(): string {
    const [held] = this.#memory?.view.held ?? [];
    return held ? `Held back: ${held.words}`.slice(0, 200) : 'Decides again, whatever comes';
  }

  #due(): boolean {
    return this.#wakeAt !== null && Date.parse(this.#wakeAt) <= Date.now();
  }

  /**
   * Full, and nobody waits: what is undecided or unwritten may go along. Never waited for beside the deciding: a request
   * that came meanwhile would wait for a decision, and this for the request.
   */
  #mayStartOver(): boolean {
    const { signalsAHistory = SIGNALS_A_HISTORY } = this.#arguments;
    const { signals, updates } = this.#inbox;
    const full = workflowInfo().continueAsNewSuggested || signals >= signalsAHistory || updates >= UPDATES_A_HISTORY;
    return full && this.#inbox.fits && this.#underWay === 0 && this.#journal.settled && allHandlersFinished();
  }

  /**
   * When a signal came during this very task the server refuses it, hands out the task again with that signal, and keeps
   * further ones from coming in until that one is done: so it succeeds, however fast they come.
   */
  async #startOver(): Promise<void> {
    await continueAsNew<typeof loop>({
      ...this.#arguments,
      carried: {
        policy: this.#policy,
        memory: this.#memory,
        mark: this.#mark,
        taken: this.#taken,
        ...this.#inbox.carried(),
        ...this.#journal.carried(),
      },
    } satisfies LoopArguments);
  }

  async #confirmed<T>(asked: Promise<T>): Promise<T> {
    this.#underWay++;
    return asked.finally(() => this.#underWay--);
  }

  async #nextDecision(): Promise<void> {
    // The batch that is decided upon now may have been taken before this came in.
    const wanted = this.#decided + 1;
    await condition(() => this.#decided > wanted || (this.#decided === wanted && this.#inbox.empty));
  }

  #count(): void {
    this.#taken++;
    this.#inbox.updates++;
  }

  #status() {
    return loopStatus(this.#arguments.pipeline, this.#memory, this.#policy, {
      decisions: this.#journal.recent,
      taken: this.#taken,
      undecided: this.#inbox.size + this.#deciding,
      watch: this.#mark,
    });
  }

  #show(memory: LoopMemory): void {
    setCurrentDetails(loopDetails(memory, this.#policy, this.#journal.recent));
    if (this.#shown === memory.view.state) return;
    this.#shown = memory.view.state;
    upsertSearchAttributes([
      searchAttribute('RatchetPipeline', this.#arguments.pipeline),
      searchAttribute('RatchetState', memory.view.state),
    ]);
  }
}

/** Null for what is none: anybody may send the signal. */
function moveIn(told: unknown): ChampionMove | null {
  const { runId, version, previous, epoch, at, probation } = (told ?? {}) as Partial<
    Record<keyof ChampionMove, unknown>
  >;
  const text = (value: unknown): value is string => typeof value === 'string' && value.length <= 500;
  if (!text(runId) || !text(version) || !(previous === null || text(previous)) || !text(at)) return null;
  if (typeof epoch !== 'number' || Number.isNaN(Date.parse(at))) return null;
  return { runId, version, previous, epoch, at, probation: probation === true };
}

/** Synchronous, as an update's validator must be: a refused request leaves no trace in the history. */
function wanted(request: unknown, fields: readonly string[]): void {
  const given = (request ?? {}) as Record<string, unknown>;
  const missing = fields.filter((field) => typeof given[field] !== 'string' || given[field] === '');
  if (missing.length > 0)
    throw ApplicationFailure.nonRetryable(
      `the request is not one: ${missing.map((field) => `${field} must be a text`).join(', ')}`,
      'InvalidInput',
    );
}
