/** What people ask for, and what they are answered. */
import type { RetrainAnswer } from '#contracts/loop/answers.ts';
import type { Fired } from '#contracts/loop/evidence.ts';
import { workflowId } from '#contracts/names.ts';
import { takenIn } from './facts.ts';
import { holdsBack } from './holds.ts';
import { WHO, WHY } from './meet.ts';
import type { Read } from './read-inputs.ts';
import type { Step } from './step.ts';

/** Requests whose answer is remembered: the same id again gets the same. */
const ANSWERS = 50;

/** Takes in what people ask for, or says why not. @returns ids that wait for an answer */
export function ask(step: Step, requests: Read['retrain']): string[] {
  const waiting: string[] = [];
  for (const { id, by, reason, at, source } of requests) {
    const known = step.memory.answered.find(([answered]) => answered === id);
    if (known) {
      step.out.answers.push({ id, answer: answerFor(step, known[1]) });
      continue;
    }
    const refusal = holdsBack(step.memory, step.policy.limits, step.at, step.now, true).find(
      ({ rule }) => rule !== 'running',
    );
    if (refusal) {
      step.out.answers.push({ id, answer: { outcome: 'refused', reason: refusal.words } });
      continue;
    }
    const fired: Fired = {
      ...{ id, at, source: (source ?? 'client').slice(0, WHO), who: by.slice(0, WHO) },
      ...{ trigger: 'manual', detail: reason.slice(0, WHY) },
    };
    step.change({ facts: takenIn(step.memory.facts, { kind: 'fired', ...fired }, step.policy.triggers) });
    waiting.push(id);
  }
  return waiting;
}

export function answer(step: Step, asking: readonly string[], runId: string, starts: boolean): void {
  for (const id of asking) {
    const { run } = step.memory;
    const given: RetrainAnswer =
      starts || !run ? { outcome: 'started', runId } : { outcome: 'queued', queuedBehind: run.runId, nextRunId: runId };
    step.out.answers.push({ id, answer: given });
  }
  if (asking.length > 0) {
    const answers = asking.map((id): [string, string] => [id, runId]);
    step.change({ answered: [...step.memory.answered, ...answers].slice(-ANSWERS) });
  }
}

function answerFor(step: Step, runId: string): RetrainAnswer {
  const { run, next } = step.memory;
  const waits = next && workflowId.run(step.policy.pipeline, next.triggerId) === runId;
  return waits && run
    ? { outcome: 'queued', queuedBehind: run.runId, nextRunId: runId }
    : { outcome: 'started', runId };
}
