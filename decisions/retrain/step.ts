/** One step of a loop while it is made: what it remembers by now, and what is to be done and told. */
import type { Decision } from '#contracts/decision.ts';
import type { LoopMemory, LoopStep } from '#contracts/loop/activities.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { eventTime, onTheWall } from './clock.ts';
import { earliestEnd } from './holds.ts';
import { mayBeJudged } from './provisional.ts';

export class Step {
  memory: LoopMemory;
  readonly policy: LoopPolicy;
  /** By the clock on the wall. */
  readonly now: string;
  readonly out: Omit<LoopStep, 'memory' | 'wakeAt'> = {
    decisions: [],
    start: null,
    judge: [],
    rollBack: [],
    answers: [],
    tell: [],
  };

  constructor(policy: LoopPolicy, memory: LoopMemory, now: string) {
    this.policy = policy;
    this.memory = memory;
    this.now = now;
  }

  change(change: Partial<LoopMemory>): void {
    this.memory = { ...this.memory, ...change };
  }

  /** Event time. */
  get at(): string {
    return eventTime(this.memory.clock, this.now);
  }

  tell(outcome: Decision['outcome'], words: string, more: Partial<Decision> = {}): void {
    const number = this.memory.number + 1;
    this.change({ number });
    this.out.decisions.push({
      format: 1,
      pipeline: this.policy.pipeline,
      number,
      outcome,
      at: this.at,
      decidedAt: this.now,
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

  done(): LoopStep {
    const { memory } = this;
    const { held } = memory.view;
    const ends = [
      // While a run goes on, its end is what matters.
      memory.run || memory.paused || memory.broken ? null : earliestEnd(held, memory.clock),
      ...mayBeJudged(memory.provisional).map(({ maturesAt }) => onTheWall(memory.clock, maturesAt)),
    ].filter((end) => end !== null);
    const wakeAt = ends.reduce<string | null>((a, b) => (a === null || Date.parse(b) < Date.parse(a) ? b : a), null);
    return { ...this.out, memory, wakeAt };
  }
}
