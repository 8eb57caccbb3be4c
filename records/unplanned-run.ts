/** A run that ended before its plan was made: its record has no nodes, and says what it was started with. */
import type { StartedWith } from '#contracts/activities.ts';
import type { Trigger } from '#contracts/data.ts';
import type { RunContext, RunRecord, RunResult } from '#contracts/run.ts';

interface UnplannedEnd {
  endedAt: string;
  result: RunResult;
  failure: RunRecord['failure'];
}

/** @param environment of the worker that served it */
export function unplannedRecord(start: StartedWith, environment: string, end: UnplannedEnd): RunRecord {
  const { workflowId, pipeline, params, envelope, startedAt } = start;
  const { resume } = envelope;
  const run: RunContext = {
    ...{ id: workflowId, pipeline, model: null, environment },
    asOf: envelope.asOf ?? startedAt,
    trigger: envelope.trigger ?? ownTrigger(start),
  };
  return {
    ...{ format: 1, run, plan: null, startedAt, ...end },
    startedWith: { params, ...(resume?.from === undefined ? {} : { from: resume.from }) },
    ...{ outcomes: [], approvals: [], resumedFrom: resume?.runId ?? null },
  };
}

/** For a run that was started with nothing but params: the UI, a script, another SDK. */
export function ownTrigger({ workflowId, pipeline, startedAt, envelope }: StartedWith): Trigger {
  const prefix = `run/${pipeline}/`;
  const id = workflowId.startsWith(prefix) ? workflowId.slice(prefix.length) : workflowId;
  const { resume } = envelope;
  const reason = resume
    ? `${resume.mode} of ${resume.runId}${resume.from ? ` from ${resume.from}` : ''}`
    : 'started by hand';
  return { kind: resume?.mode ?? 'manual', id, reason, figures: {}, who: 'unknown', at: startedAt };
}
