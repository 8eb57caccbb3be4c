/**
 * What the loop of a pipeline does next: from what it remembers and what happened to what it remembers then, with every
 * decision and its reasons. A pure function; the workflow carries it out.
 *
 * One call takes in a batch, in any order; then it decides once. What the triggers ask for while a run goes on, or while
 * something holds them back, is one run later with all of its reasons.
 */

import type { Hold } from '#contracts/decision.ts';
import type { DecideRequest, LoopMemory, LoopStep } from '#contracts/loop/activities.ts';
import { workflowId } from '#contracts/names.ts';
import { aboutReplaced } from './retrain/champions.ts';
import { advanced, eventTime, monthOf } from './retrain/clock.ts';
import { judgeTriggers } from './retrain/evaluate.ts';
import { noFacts, stillGrowing, takenIn } from './retrain/facts.ts';
import type { Finding } from './retrain/finding.ts';
import { holdsBack, personAsks, usedIn } from './retrain/holds.ts';
import { meet } from './retrain/meet.ts';
import { firstMemory } from './retrain/memory.ts';
import { matured } from './retrain/provisional.ts';
import { type Read, readInputs } from './retrain/read-inputs.ts';
import { answer, ask } from './retrain/requests.ts';
import { runOrder, triggerId } from './retrain/run-order.ts';
import { Step } from './retrain/step.ts';
import { viewOf } from './retrain/view.ts';

export function decideLoop({ policy, memory: before, inputs, now }: DecideRequest): LoopStep {
  const step = new Step(policy, before ?? firstMemory, now);
  const read = readInputs(inputs, eventTime(step.memory.clock, now), now);
  const times = [...read.evidence.map(({ at }) => at), ...read.retrain.map(({ at }) => at)];
  step.change({ clock: advanced(step.memory.clock, times, now) });
  for (const event of read.events) meet(step, event);
  const past: string[] = [];
  for (const evidence of read.evidence) {
    const version = aboutReplaced(step.memory, evidence);
    if (version !== null) {
      past.push(`${evidence.id} is about version ${version}, which is champion no more`);
      continue;
    }
    step.change({ facts: takenIn(step.memory.facts, evidence, policy.triggers) });
    if (evidence.kind === 'labelsArrived') labels(step, evidence.until);
  }
  const asking = ask(step, read.retrain);
  decide(step, read, asking, past);
  return step.done();
}

function labels(step: Step, until: string): void {
  const { labelsUntil } = step.memory;
  // Of rows that are yet to come there are none, whatever a clock says that is wrong.
  const known = Date.parse(until) > Date.parse(step.at) ? step.at : until;
  if (labelsUntil === null || Date.parse(known) > Date.parse(labelsUntil)) step.change({ labelsUntil: known });
}

/** @param past evidence that does not count, in words */
function decide(step: Step, read: Read, asking: readonly string[], past: readonly string[]): void {
  const { limits, triggers } = step.policy;
  const at = step.at;
  const { facts } = step.memory;
  const finding = judgeTriggers(triggers, facts);
  const next = finding.holds
    ? (step.memory.next ?? {
        triggerId: triggerId(finding.reasons, facts, at, step.memory.number + 1),
        since: step.now,
      })
    : null;
  step.change({ next });
  const held = next ? holdsBack(step.memory, limits, at, step.now, personAsks(facts.fired)) : [];
  const starts = next !== null && held.length === 0;
  if (next) {
    const runId = workflowId.run(step.policy.pipeline, next.triggerId);
    answer(step, asking, runId, starts);
    if (starts) start(step, next, finding, at);
  }
  tellDecision(step, read, { ...finding, lacking: [...past, ...finding.lacking] }, held, starts);
  const after = starts ? judgeTriggers(triggers, step.memory.facts) : finding;
  step.change({ view: viewOf(step.memory, limits, at, after, held) });
  const judge = matured(step.memory, step.policy, at);
  const judged = new Set(judge.map(({ runId }) => runId));
  step.out.judge = judge;
  if (judge.length > 0)
    step.change({
      provisional: step.memory.provisional.map((each) => (judged.has(each.runId) ? { ...each, judging: true } : each)),
    });
}

function start(step: Step, next: NonNullable<LoopMemory['next']>, finding: Finding, at: string): void {
  const order = runOrder(step.policy, next, finding.reasons, at);
  step.out.start = order;
  step.change({
    run: { runId: order.runId, at, facts: step.memory.facts },
    facts: { ...noFacts, ...stillGrowing(step.memory.facts) },
    next: null,
    lastRunAt: at,
    month: { month: monthOf(at), used: usedIn(step.memory, at) + 1 },
  });
}

function tellDecision(step: Step, read: Read, finding: Finding, held: Hold[], starts: boolean): void {
  const { view } = step.memory;
  const heard = read.ids.length > 0 || read.duplicates > 0;
  const rules = (holds: readonly Hold[]) => holds.map(({ rule }) => rule).join();
  // Time went by: told when it changed something.
  const changed = starts || (finding.holds && rules(held) !== rules(view.held));
  if (!heard && !changed) return;
  const refused = step.out.answers.filter(({ answer }) => answer.outcome === 'refused');
  const onlyRefused = refused.length > 0 && refused.length === read.ids.length;
  const outcome = starts ? 'run' : onlyRefused ? 'refused' : finding.holds ? 'held' : 'no-run';
  const because = finding.reasons.map(({ words }) => words).join('; ');
  const words =
    outcome === 'run'
      ? `starts ${step.out.start?.runId}: ${because}`
      : outcome === 'refused'
        ? refused.map(({ answer }) => ('reason' in answer ? answer.reason : '')).join('; ')
        : outcome === 'held'
          ? `waits, ${held.map((hold) => hold.words).join('; ')}: ${because}`
          : `no run: ${finding.lacking.join('; ')}`;
  step.tell(outcome, words, {
    reasons: finding.reasons,
    lacking: finding.lacking,
    held,
    evidence: read.ids,
    duplicates: read.duplicates,
    malformed: read.malformed,
    runId: step.out.start?.runId ?? null,
  });
}
