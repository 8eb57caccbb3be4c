/**
 * What the loop of a pipeline does next: from what it remembers and what happened to what it remembers then, with every
 * decision and its reasons. A pure function; the workflow carries it out.
 *
 * One call takes in a batch, in any order; then it decides once. What the triggers ask for while a run goes on, or while
 * something holds them back, is one run later with all of its reasons.
 */

import type { Decision, Hold } from '#contracts/decision.ts';
import type { DecideRequest, LoopMemory, LoopStep } from '#contracts/loop.ts';
import type { RetrainAnswer } from '#contracts/loop-answers.ts';
import type { Fired } from '#contracts/loop-evidence.ts';
import type { LoopPolicy } from '#contracts/loop-policy.ts';
import { workflowId } from '#contracts/names.ts';
import { figure } from '#contracts/trigger.ts';
import { advanced, eventTime, monthOf, onTheWall } from './retrain/clock.ts';
import { judgeTriggers } from './retrain/evaluate.ts';
import { noFacts, takenIn } from './retrain/facts.ts';
import type { Finding } from './retrain/finding.ts';
import { earliestEnd, holdsBack, personAsks, usedIn } from './retrain/holds.ts';
import { firstMemory } from './retrain/memory.ts';
import { judgeCohort, lookedAtLater, matured, overtaken, promotion } from './retrain/provisional.ts';
import { type Read, readInputs } from './retrain/read-inputs.ts';
import { afterRun } from './retrain/run-ended.ts';
import { runOrder, triggerId } from './retrain/run-order.ts';
import { viewOf } from './retrain/view.ts';

/** Requests whose answer is remembered: the same id again gets the same. */
const ANSWERS = 50;
const HAND_MOVES = 20;
/** Characters of a name and of a reason that are remembered. */
const WHO = 200;
const WHY = 500;
/** Statuses of a run that others wait for. */
const finished = new Set(['promoted', 'already-champion', 'finished']);

export function decideLoop({ policy, memory: before, inputs, now }: DecideRequest): LoopStep {
  const step = new Step(policy, before ?? firstMemory, now);
  const read = readInputs(inputs, eventTime(step.memory.clock, now), now);
  const times = [...read.evidence.map(({ at }) => at), ...read.retrain.map(({ at }) => at)];
  step.change({ clock: advanced(step.memory.clock, times, now) });
  for (const event of read.events) step.meet(event);
  for (const evidence of read.evidence) {
    step.change({ facts: takenIn(step.memory.facts, evidence, policy.triggers) });
    if (evidence.kind === 'labelsArrived') step.labels(evidence.until);
  }
  const asking = step.ask(read.retrain);
  step.decide(read, asking);
  return step.done();
}

class Step {
  memory: LoopMemory;
  readonly #policy: LoopPolicy;
  readonly #now: string;
  readonly #out: Omit<LoopStep, 'memory' | 'wakeAt'> = {
    decisions: [],
    start: null,
    judge: [],
    rollBack: [],
    answers: [],
    tell: [],
  };

  constructor(policy: LoopPolicy, memory: LoopMemory, now: string) {
    this.#policy = policy;
    this.memory = memory;
    this.#now = now;
  }

  change(change: Partial<LoopMemory>): void {
    this.memory = { ...this.memory, ...change };
  }

  /** Event time. */
  get #at(): string {
    return eventTime(this.memory.clock, this.#now);
  }

  meet(event: Read['events'][number]): void {
    const { memory } = this;
    const at = this.#at;
    switch (event.kind) {
      case 'pause':
        this.change({ paused: { by: event.by.slice(0, WHO), reason: event.reason.slice(0, WHY), at } });
        this.#tell('paused', `paused by ${event.by}: ${event.reason}`);
        return;
      case 'resume':
        this.change({ paused: null, broken: null, failures: 0, refusals: 0 });
        this.#tell('resumed', `resumed by ${event.by}: ${event.reason}`);
        return;
      case 'configured':
        this.#tell('configured', `deployed by ${event.by}`);
        return;
      case 'handMove': {
        if (memory.handMoves.includes(event.id)) return;
        const handMoves = [...memory.handMoves, event.id].slice(-HAND_MOVES);
        this.change({ handMoves, paused: { by: 'the watch', reason: event.words.slice(0, WHY), at } });
        this.#tell('alias', `${event.words}: paused until somebody resumes the loop`);
        return;
      }
      case 'runEnded': {
        const { ended } = event;
        const after = afterRun(memory, this.#policy, ended, at);
        this.change(after.memory);
        const reason = ended.reasons[0] ? `: ${ended.reasons[0]}` : '';
        this.#tell('ended', `${ended.runId} ended as ${ended.status}${reason}${this.#onProbation(ended.runId)}`, {
          runId: ended.runId,
        });
        if (after.broken) this.#tell('broken', `${after.broken}: nothing starts until somebody resumes the loop`);
        if (finished.has(ended.status)) this.#downstream(ended.runId, at);
        return;
      }
      case 'judged': {
        const known = memory.provisional.find(({ runId }) => runId === event.judgement.runId);
        if (!known) return;
        const others = memory.provisional.filter((each) => each !== known);
        const verdict = judgeCohort(event.judgement, this.#policy.watch?.provisional?.tolerance ?? 0);
        const { champion, previous } = event.judgement;
        const figures = {
          champion: figure(champion ?? Number.NaN),
          previous: figure(previous ?? Number.NaN),
          difference: figure(verdict.difference),
        };
        if (verdict.outcome === 'worse') {
          this.change({ provisional: [...others, { ...known, worse: verdict.words }] });
          this.#out.rollBack.push({ ...promotion(known), words: verdict.words });
          return;
        }
        if (verdict.outcome === 'confirmed') this.change({ provisional: others });
        else this.change({ provisional: [...others, lookedAtLater(known, at)] });
        const outcome = verdict.outcome === 'confirmed' ? 'confirmed' : 'not';
        this.#tell(outcome, verdict.words, { runId: known.runId, figures });
        return;
      }
      case 'rolledBack': {
        const { runId, done, again, words } = event;
        const known = memory.provisional.find((each) => each.runId === runId);
        const others = memory.provisional.filter((each) => each !== known);
        this.change({ provisional: known && again ? [...others, lookedAtLater(known, at)] : others });
        const over = known && !done && !again ? overtaken(this.memory, known) : null;
        if (over) this.change(over.memory);
        this.#tell(done ? 'rolledBack' : 'not', words + (over?.words ?? ''), { runId });
        return;
      }
    }
  }

  /** What is said of a promotion that its labels will judge. */
  #onProbation(runId: string): string {
    const provisional = this.memory.provisional.find((each) => each.runId === runId);
    if (!provisional) return '';
    const { version, maturesAt } = provisional;
    return `; version ${version} is provisional until its labels are in, ${maturesAt} at the latest`;
  }

  labels(until: string): void {
    const { labelsUntil } = this.memory;
    // Of rows that are yet to come there are none, whatever a clock says that is wrong.
    const known = Date.parse(until) > Date.parse(this.#at) ? this.#at : until;
    if (labelsUntil === null || Date.parse(known) > Date.parse(labelsUntil)) this.change({ labelsUntil: known });
  }

  /** Takes in what people ask for, or says why not. @returns ids that wait for an answer */
  ask(requests: Read['retrain']): string[] {
    const waiting: string[] = [];
    for (const { id, by, reason, at, source } of requests) {
      const known = this.memory.answered.find(([answered]) => answered === id);
      if (known) {
        this.#out.answers.push({ id, answer: this.#answerFor(known[1]) });
        continue;
      }
      const refusal = holdsBack(this.memory, this.#policy.limits, this.#at, this.#now, true).find(
        ({ rule }) => rule !== 'running',
      );
      if (refusal) {
        this.#out.answers.push({ id, answer: { outcome: 'refused', reason: refusal.words } });
        continue;
      }
      const fired: Fired = {
        ...{ id, at, source: (source ?? 'client').slice(0, WHO), who: by.slice(0, WHO) },
        ...{ trigger: 'manual', detail: reason.slice(0, WHY) },
      };
      this.change({ facts: takenIn(this.memory.facts, { kind: 'fired', ...fired }, this.#policy.triggers) });
      waiting.push(id);
    }
    return waiting;
  }

  decide(read: Read, asking: readonly string[]): void {
    const { limits, triggers } = this.#policy;
    const at = this.#at;
    const { facts } = this.memory;
    const finding = judgeTriggers(triggers, facts);
    const next = finding.holds
      ? (this.memory.next ?? {
          triggerId: triggerId(finding.reasons, facts, at, this.memory.number + 1),
          since: this.#now,
        })
      : null;
    this.change({ next });
    const held = next ? holdsBack(this.memory, limits, at, this.#now, personAsks(facts.fired)) : [];
    const starts = next !== null && held.length === 0;
    if (next) {
      const runId = workflowId.run(this.#policy.pipeline, next.triggerId);
      this.#answer(asking, runId, starts);
      if (starts) this.#start(next, finding, at);
    }
    this.#tellDecision(read, finding, held, starts);
    const after = starts ? judgeTriggers(triggers, this.memory.facts) : finding;
    this.change({ view: viewOf(this.memory, limits, at, after, held) });
    const judge = matured(this.memory, this.#policy, at);
    const judged = new Set(judge.map(({ runId }) => runId));
    this.#out.judge = judge;
    if (judge.length > 0)
      this.change({
        provisional: this.memory.provisional.map((each) =>
          judged.has(each.runId) ? { ...each, judging: true } : each,
        ),
      });
  }

  done(): LoopStep {
    const { memory } = this;
    const { held } = memory.view;
    const ends = [
      // While a run goes on, its end is what matters.
      memory.run || memory.paused || memory.broken ? null : earliestEnd(held, memory.clock),
      ...memory.provisional
        .filter(({ judging }) => !judging)
        .map(({ maturesAt }) => onTheWall(memory.clock, maturesAt)),
    ].filter((end) => end !== null);
    const wakeAt = ends.reduce<string | null>((a, b) => (a === null || Date.parse(b) < Date.parse(a) ? b : a), null);
    return { ...this.#out, memory, wakeAt };
  }

  #start(next: NonNullable<LoopMemory['next']>, finding: Finding, at: string): void {
    const order = runOrder(this.#policy, next, finding.reasons, at);
    this.#out.start = order;
    this.change({
      run: { runId: order.runId, at, facts: this.memory.facts },
      facts: noFacts,
      next: null,
      lastRunAt: at,
      month: { month: monthOf(at), used: usedIn(this.memory, at) + 1 },
    });
  }

  #answer(asking: readonly string[], runId: string, starts: boolean): void {
    for (const id of asking) {
      const { run } = this.memory;
      const answer: RetrainAnswer =
        starts || !run
          ? { outcome: 'started', runId }
          : { outcome: 'queued', queuedBehind: run.runId, nextRunId: runId };
      this.#out.answers.push({ id, answer });
    }
    if (asking.length > 0) {
      const answers = asking.map((id): [string, string] => [id, runId]);
      this.change({ answered: [...this.memory.answered, ...answers].slice(-ANSWERS) });
    }
  }

  #answerFor(runId: string): RetrainAnswer {
    const { run, next } = this.memory;
    const waits = next && workflowId.run(this.#policy.pipeline, next.triggerId) === runId;
    return waits && run
      ? { outcome: 'queued', queuedBehind: run.runId, nextRunId: runId }
      : { outcome: 'started', runId };
  }

  #tellDecision(read: Read, finding: Finding, held: Hold[], starts: boolean): void {
    const { view } = this.memory;
    const heard = read.ids.length > 0 || read.duplicates > 0;
    const rules = (holds: readonly Hold[]) => holds.map(({ rule }) => rule).join();
    // Time went by: told when it changed something.
    const changed = starts || (finding.holds && rules(held) !== rules(view.held));
    if (!heard && !changed) return;
    const refused = this.#out.answers.filter(({ answer }) => answer.outcome === 'refused');
    const onlyRefused = refused.length > 0 && refused.length === read.ids.length;
    const outcome = starts ? 'run' : onlyRefused ? 'refused' : finding.holds ? 'held' : 'not';
    const because = finding.reasons.map(({ words }) => words).join('; ');
    const words =
      outcome === 'run'
        ? `starts ${this.#out.start?.runId}: ${because}`
        : outcome === 'refused'
          ? refused.map(({ answer }) => ('reason' in answer ? answer.reason : '')).join('; ')
          : outcome === 'held'
            ? `waits, ${held.map((hold) => hold.words).join('; ')}: ${because}`
            : `no run: ${finding.lacking.join('; ')}`;
    this.#tell(outcome, words, {
      reasons: finding.reasons,
      lacking: finding.lacking,
      held,
      evidence: read.ids,
      duplicates: read.duplicates,
      malformed: read.malformed,
      runId: this.#out.start?.runId ?? null,
    });
  }

  #tell(outcome: Decision['outcome'], words: string, more: Partial<Decision> = {}): void {
    const number = this.memory.number + 1;
    this.change({ number });
    this.#out.decisions.push({
      format: 1,
      pipeline: this.#policy.pipeline,
      number,
      outcome,
      at: this.#at,
      decidedAt: this.#now,
      words: words.length > 2_000 ? `${words.slice(0, 1_999)}…` : words,
      reasons: [],
      lacking: [],
      held: [],
      evidence: [],
      duplicates: 0,
      malformed: [],
      runId: null,
      figures: {},
      ...more,
    });
  }

  #downstream(runId: string, at: string): void {
    const { pipeline, downstream } = this.#policy;
    for (const name of downstream)
      this.#out.tell.push({
        pipeline: name,
        fired: { id: `upstream/${runId}`, at, source: 'loop', who: pipeline, trigger: 'upstream', detail: pipeline },
      });
  }
}
