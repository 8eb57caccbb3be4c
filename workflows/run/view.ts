/** A run as it is seen from outside: progress, current details, search attributes, and in the end its result. */
import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { Json } from '#contracts/json.ts';
import type { Plan } from '#contracts/plan.ts';
import type { NodeRecord, NodeReport, RunContext, RunProgress, RunResult } from '#contracts/run.ts';
import { storyOf } from '#contracts/run-story.ts';
import { ApprovalDesk } from './interpreter/approvals.ts';
import { RunAttributes } from './interpreter/attributes.ts';
import { details } from './interpreter/details.ts';
import type { Failure } from './interpreter/failure.ts';
import { Reports } from './interpreter/reports.ts';

/** Drawing the table costs time that grows with it: of a map's instances only every so many are worth it. */
const INSTANCES_A_DRAWING = 25;

export class RunView {
  readonly approvals = new ApprovalDesk();
  readonly attributes = new RunAttributes();
  readonly reports = new Reports((report) => this.#draw(report));
  #outcomes: readonly NodeRecord[] = [];
  #result: RunResult | null = null;
  #instances = 0;
  #drawing = false;

  /** A plan is about to be executed; for the second time when the champion moved. */
  begin(plan: Plan, run: RunContext, outcomes: readonly NodeRecord[]): void {
    this.#outcomes = outcomes;
    this.reports.clear();
    this.reports.list(plan, '');
    this.attributes.set('RatchetPipeline', plan.pipeline);
    this.attributes.set('RatchetTrigger', run.trigger.kind);
    this.attributes.flush();
  }

  progress(): RunProgress {
    const { workflowId, workflowType } = workflowInfo();
    const approvals = this.approvals.listOpen();
    const status = this.#result?.status ?? (approvals.length > 0 ? 'waiting' : 'running');
    return { runId: workflowId, pipeline: workflowType, status, nodes: this.reports.all(), approvals };
  }

  finish(
    outcomes: readonly NodeRecord[],
    how: 'ended' | 'failed' | 'cancelled',
    failure: Failure | null,
    output: Json,
  ): RunResult {
    const { workflowId, workflowType } = workflowInfo();
    const story = storyOf(outcomes);
    const result: RunResult = {
      runId: workflowId,
      pipeline: workflowType,
      ...story,
      ...(how === 'ended' ? {} : { status: how }),
      reasons: failure ? [failure.message] : how === 'cancelled' ? ['cancelled', ...story.reasons] : story.reasons,
      nodes: this.reports.all(),
      output,
    };
    this.#result = result;
    // A run that failed before it had a plan is found by its pipeline, too.
    this.attributes.set('RatchetPipeline', workflowType);
    this.attributes.flush();
    setCurrentDetails(
      details(`${workflowType}: ${result.status}`, { ...story, reasons: result.reasons }, result.nodes),
    );
    return result;
  }

  /** Once for all that changes together: after the workflow has done what it does now, before it waits again. */
  #draw(changed: NodeReport): void {
    if (changed.id.includes('[') && this.#instances++ % INSTANCES_A_DRAWING !== 0) return;
    if (this.#drawing) return;
    this.#drawing = true;
    void Promise.resolve().then(() => {
      this.#drawing = false;
      if (this.#result) return;
      const { workflowType } = workflowInfo();
      setCurrentDetails(
        details(`${workflowType}: ${this.progress().status}`, storyOf(this.#outcomes), this.reports.all()),
      );
    });
  }
}
