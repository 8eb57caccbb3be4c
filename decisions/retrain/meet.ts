/** What happens to a loop beside evidence and requests: people, ends of runs, cohorts that were judged. */
import { figure } from '#contracts/trigger.ts';
import { replaces } from './champions.ts';
import { believable } from './clock.ts';
import { begun, hasBegun, judgeCohort, lookedAtLater, noted, overtaken, promotion } from './provisional.ts';
import type { Read } from './read-inputs.ts';
import { afterRun } from './run-ended.ts';
import type { Step } from './step.ts';

const HAND_MOVES = 20;
/** Characters of a name and of a reason that are remembered. */
export const WHO = 200;
export const WHY = 500;
/** Statuses of a run that others wait for. */
const finished = new Set(['promoted', 'already-champion', 'finished']);

export function meet(step: Step, event: Read['events'][number]): void {
  const { memory } = step;
  const at = step.at;
  switch (event.kind) {
    case 'pause':
      step.change({ paused: { by: event.by.slice(0, WHO), reason: event.reason.slice(0, WHY), at } });
      step.tell('paused', `paused by ${event.by}: ${event.reason}`);
      return;
    case 'resume':
      step.change({ paused: null, broken: null, failures: 0, refusals: 0 });
      step.tell('resumed', `resumed by ${event.by}: ${event.reason}`);
      return;
    case 'configured':
      step.tell('configured', `deployed by ${event.by}`);
      return;
    case 'handMove': {
      if (memory.handMoves.includes(event.id)) return;
      const handMoves = [...memory.handMoves, event.id].slice(-HAND_MOVES);
      // Who is champion now, and who is not, the loop does not know.
      step.change({ handMoves, replaced: [], paused: { by: 'the watch', reason: event.words.slice(0, WHY), at } });
      step.tell('alias', `${event.words}: paused until somebody resumes the loop`);
      return;
    }
    case 'moved': {
      const { runId, version, previous, epoch } = event;
      const fresh = event.probation && !hasBegun(memory, event);
      // Of this loop's own run it is known which time its data are of.
      const promotedAt = memory.run?.runId === runId ? memory.run.at : believable(event.at, step.now);
      const probation = fresh ? begun(memory, step.policy, event, promotedAt) : null;
      if (probation) step.change({ provisional: probation.provisional, begun: noted(memory, event) });
      step.change(replaces(step.memory, version, previous, epoch));
      if (!probation) return;
      const before = previous === null ? 'the first one' : `in the place of version ${previous}`;
      step.tell('promoted', `${runId} made version ${version} champion, ${before}${onProbation(step, runId)}`, {
        runId,
      });
      for (const each of probation.ended) step.tell('unjudged', each.words, { runId: each.runId });
      return;
    }
    case 'runEnded': {
      const { ended } = event;
      const after = afterRun(memory, step.policy, ended, at);
      step.change(after.memory);
      const reason = ended.reasons[0] ? `: ${ended.reasons[0]}` : '';
      step.tell('ended', `${ended.runId} ended as ${ended.status}${reason}${onProbation(step, ended.runId)}`, {
        runId: ended.runId,
      });
      for (const { runId, words } of after.ended) step.tell('unjudged', words, { runId });
      if (after.broken) step.tell('broken', `${after.broken}: nothing starts until somebody resumes the loop`);
      if (finished.has(ended.status)) downstream(step, ended.runId, at);
      return;
    }
    case 'judged': {
      const known = memory.provisional.find(({ runId }) => runId === event.judgement.runId);
      if (!known) return;
      const others = memory.provisional.filter((each) => each !== known);
      const verdict = judgeCohort(event.judgement, step.policy.watch?.provisional?.tolerance ?? 0);
      const { champion, previous } = event.judgement;
      const figures = {
        champion: figure(champion ?? Number.NaN),
        previous: figure(previous ?? Number.NaN),
        difference: figure(verdict.difference),
      };
      if (verdict.outcome === 'worse') {
        step.change({ provisional: [...others, { ...known, worse: verdict.words }] });
        step.out.rollBack.push({ ...promotion(known), words: verdict.words });
        return;
      }
      if (verdict.outcome === 'confirmed') step.change({ provisional: others });
      else step.change({ provisional: [...others, lookedAtLater(known, at)] });
      const outcome = verdict.outcome === 'confirmed' ? 'confirmed' : 'unjudged';
      step.tell(outcome, verdict.words, { runId: known.runId, figures });
      return;
    }
    case 'rolledBack': {
      const { runId, done, again, words } = event;
      const known = memory.provisional.find((each) => each.runId === runId);
      const others = memory.provisional.filter((each) => each !== known);
      step.change({ provisional: known && again ? [...others, lookedAtLater(known, at)] : others });
      if (known && done) step.change(replaces(step.memory, known.previous, known.version));
      const over = known && !done && !again ? overtaken(step.memory, known) : null;
      if (over) step.change(over.memory);
      step.tell(done ? 'rolledBack' : 'rollback-failed', words + (over?.words ?? ''), { runId });
      return;
    }
  }
}

/** What is said of a promotion that its labels will judge. */
function onProbation(step: Step, runId: string): string {
  const provisional = step.memory.provisional.find((each) => each.runId === runId);
  if (!provisional) return '';
  const { version, maturesAt } = provisional;
  return `; version ${version} is provisional until its labels are in, ${maturesAt} at the latest`;
}

function downstream(step: Step, runId: string, at: string): void {
  const { pipeline, downstream: others } = step.policy;
  for (const name of others)
    step.out.tell.push({
      pipeline: name,
      fired: { id: `upstream/${runId}`, at, source: 'loop', who: pipeline, trigger: 'upstream', detail: pipeline },
    });
}
