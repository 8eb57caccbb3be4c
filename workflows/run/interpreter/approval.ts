import { condition } from '@temporalio/workflow';
import { z } from 'zod';
import type { RunActivities } from '#contracts/activities.ts';
import { Duration, milliseconds } from '#contracts/duration.ts';
import type { Json } from '#contracts/json.ts';
import type { Decision } from './approvals.ts';
import { type Instance, keep, record } from './engine.ts';
import { DependencyFailed, nodeFailed } from './failure.ts';
import { inputOf } from './input.ts';
import { askWorker } from './local.ts';
import type { Value } from './templates.ts';

const Spec = z.object({
  title: z.string(),
  evidence: z.custom<Json>().default(null),
  by: z.array(z.string()).default([]),
  quorum: z.number().int().min(1).default(1),
  timeout: Duration.optional(),
  onTimeout: z.enum(['reject', 'fail']).default('reject'),
  roles: z.array(z.string()).default([]),
  escalateAfter: Duration.optional(),
  escalateTo: z.array(z.string()).default([]),
});

/**
 * Waits until so many of those who may have approved, or one refused, or the time is over.
 * Bound to its evidence: a word for another digest is refused, and a retry or a rejudged run asks again unless it is equal.
 */
export async function runApproval(instance: Instance): Promise<Value> {
  const { engine, node, scope, id } = instance;
  const input = inputOf(instance);
  const spec = Spec.safeParse(input);
  if (!spec.success)
    throw nodeFailed(
      'InvalidPipeline',
      id,
      `node ${id}: not an approval: ${spec.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')}`,
    );
  if (!engine.approvals)
    throw nodeFailed(
      'InvalidPipeline',
      id,
      `node ${id}: an approval cannot stand in a map of this size: put it before or after the map`,
    );
  const before = keep(instance, 'approval', input);
  if (before) return before.output;

  const { title, by, roles, quorum, timeout, onTimeout, escalateAfter, escalateTo } = spec.data;
  const { digest } = await askWorker<RunActivities>().digestEvidence(spec.data.evidence);
  const desk = engine.approvals;
  const startedAt = Date.now();
  desk.open(id, { title, by, roles, quorum, evidence: digest });
  engine.reports.set(node, scope.prefix, { progress: `waits for ${quorum} of ${by.join(', ') || 'anybody'}` });
  try {
    const over = () => desk.decision(id) !== null || scope.stopped;
    let left = timeout === undefined ? undefined : milliseconds(timeout);
    // Approvals of earlier versions have none, so that their histories have no timer for it.
    if (escalateAfter !== undefined) {
      const after = milliseconds(escalateAfter);
      if (!(await condition(over, after, { summary: `${id}: escalates after ${escalateAfter}` }))) {
        desk.escalate(id, escalateTo);
        const asked = `${quorum} of ${[...by, ...escalateTo].join(', ')}, escalated to ${escalateTo.join(', ')} after ${escalateAfter}`;
        engine.reports.set(node, scope.prefix, { progress: `waits for ${asked}` });
        engine.attributes.waits(`${id} escalated to ${escalateTo.join(', ')}`);
      }
      if (left !== undefined) left = Math.max(1, left - after);
    }
    if (left === undefined) await condition(over);
    else await condition(over, left, { summary: `${id}: approval within ${timeout}` });
    const decision = desk.decision(id);
    if (decision) {
      const output = { ...decision };
      record(instance, {
        step: 'approval',
        input,
        output,
        cached: false,
        reason: `${decision.approved ? 'approved' : 'refused'} by ${decision.by}`,
        key: null,
        ms: Date.now() - startedAt,
      });
      engine.reports.set(node, scope.prefix, {
        reason: `${decision.approved ? 'approved' : 'refused'} by ${decision.by}`,
      });
      return output;
    }
    if (scope.stopped) throw new DependencyFailed('the run failed elsewhere');
    const note = `not approved within ${timeout}: ${desk.given(id).length} of ${quorum} approved`;
    if (onTimeout === 'fail') throw nodeFailed('StepFailed', id, `approval ${id} was ${note}`);
    engine.reports.set(node, scope.prefix, { reason: note });
    return { approved: false, by: '', note, evidence: digest } satisfies Decision;
  } finally {
    desk.close(id);
  }
}
