/** `ratchet retry` and `ratchet fork`: a new run on what an old one did. */

import { startRun } from '#adapters/temporal/start-run.ts';
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import { workflowId } from '#contracts/names.ts';
import type { Block } from '#contracts/plan.ts';
import type { RunRecord } from '#contracts/run.ts';
import { nothingToFork } from '#records/earlier-run.ts';
import { createOutput } from '../output.ts';
import { type Session, withSession } from '../session.ts';
import { followToEnd } from './follow.ts';
import { endedRun, findRun } from './reader.ts';

interface Asked {
  as: string;
  wait?: boolean;
  json?: boolean;
}

export async function retryRun(id: string, options: Asked): Promise<void> {
  await withSession(async (session) => {
    const record = await endedRun(session, id, 'retry');
    const { status } = record.result;
    if (status !== 'failed' && status !== 'cancelled')
      throw new UserError(
        'InvalidInput',
        `${record.run.id} ended as ${status}: there is nothing to retry. \`ratchet fork ${record.run.id} --from NODE\` runs part of it again.`,
      );
    const runId = await nextRetry(session, record.run.id);
    await start(session, record, options, { runId, kind: 'retry', mode: 'retry', params: {} });
  });
}

export async function forkRun(
  id: string,
  options: Asked & { from: string; param: Record<string, Json> },
): Promise<void> {
  await withSession(async (session) => {
    const record = await endedRun(session, id, 'fork');
    if (record.plan === null) throw new UserError('InvalidInput', nothingToFork(record.run.id));
    // Of the plan, not of the result: an instance such as fit[3]/train cannot be run again without its map.
    const nodes = idsOf(record.plan);
    if (!nodes.includes(options.from))
      throw new UserError(
        'InvalidInput',
        `${record.run.id} has no node "${options.from}". It has: ${nodes.join(', ')}.`,
      );
    await start(session, record, options, { kind: 'fork', mode: 'fork', from: options.from, params: options.param });
  });
}

function idsOf({ nodes }: Block): string[] {
  return nodes.flatMap((node) => [node.id, ...(node.blocks ?? []).flatMap(idsOf)]);
}

/** The number after the last retry that has ended, however; two at once get the same id, and so are one retry. */
async function nextRetry(session: Session, runId: string): Promise<string> {
  for (let attempt = 2; ; attempt++) {
    const candidate = workflowId.retry(runId, attempt);
    const found = await findRun(session, candidate);
    if (found === null || found.kind === 'live') return candidate;
  }
}

async function start(
  session: Session,
  record: RunRecord,
  options: Asked,
  how: { runId?: string; kind: 'retry' | 'fork'; mode: 'retry' | 'fork'; from?: string; params: Record<string, Json> },
): Promise<void> {
  const { client } = await session.temporal();
  const started = await startRun(client, {
    pipeline: record.run.pipeline,
    params: how.params,
    environment: session.environment,
    asOf: record.run.asOf,
    trigger: {
      kind: how.kind,
      reason: `${how.kind} of ${record.run.id}${how.from ? ` from ${how.from}` : ''}`,
      who: options.as,
    },
    resume: { runId: record.run.id, mode: how.mode, ...(how.from ? { from: how.from } : {}) },
    ...(how.runId ? { runId: how.runId } : {}),
  });
  await followToEnd(session, started, createOutput(options.json ?? false), options.wait ?? false);
}
