/** `ratchet trigger`, `ratchet loop pause|resume`. */
import { randomUUID } from 'node:crypto';
import { askRetrain, loopRuns, loopStatus, pauseLoop, resumeLoop } from '#adapters/temporal/loops.ts';
import { UserError } from '#contracts/failures.ts';
import { readPolicy } from '#records/decisions.ts';
import pc from '../../kit/color.ts';
import { exitCode } from '../../kit/exit-codes.ts';
import { createOutput } from '../../kit/output.ts';
import { type Session, withSession } from '../../kit/session.ts';

export interface TriggerOptions {
  reason: string;
  as: string;
  id?: string;
  at?: string;
  json?: boolean;
}

export async function triggerPipeline(pipeline: string, options: TriggerOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    await deployed(session, pipeline);
    const { client } = await session.temporal();
    const answer = await askRetrain(
      client,
      { pipeline, environment: session.environment },
      {
        id: options.id ?? `cli-${randomUUID()}`,
        by: options.as,
        reason: options.reason,
        source: 'cli',
        ...(options.at ? { at: options.at } : {}),
      },
    );
    // Whatever it trains on may be half of what is being written.
    const growing = (await loopStatus(client, { pipeline, environment: session.environment }).catch(() => null))
      ?.growing;
    out.object({ ...answer, ...(growing ? { growing } : {}) });
    if (growing) out.note(`As of ${growing.at} may still be growing: ${growing.files.join(', ')}`);
    if (answer.outcome === 'started')
      out.print(`Started ${answer.runId}. To follow it: ratchet show ${answer.runId.replace(/^run\//, '')}`);
    else if (answer.outcome === 'queued')
      out.print(`${answer.nextRunId} starts when ${answer.queuedBehind} has ended.`);
    else {
      out.print(`${pc.red('Refused')}: ${answer.reason}`);
      process.exitCode = exitCode.refused;
    }
  });
}

export async function pauseOrResume(
  what: 'pause' | 'resume',
  pipeline: string,
  options: { reason: string; as: string; json?: boolean },
): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    await deployed(session, pipeline);
    const { client } = await session.temporal();
    const ask = what === 'pause' ? pauseLoop : resumeLoop;
    const target = { pipeline, environment: session.environment };
    const status = await ask(client, target, { by: options.as, reason: options.reason });
    out.object(status);
    out.print(`${pipeline} is ${pc.bold(status.state)}${status.note ? pc.dim(`: ${status.note}`) : ''}`);
  });
}

/** @throws UserError InvalidInput for a pipeline that has no loop: asking must not start one for a name that is mistyped */
export async function deployed(session: Session, pipeline: string): Promise<void> {
  if (await readPolicy(session.store, pipeline)) return;
  const { client } = await session.temporal();
  if (await loopRuns(client, pipeline)) return;
  throw new UserError(
    'InvalidInput',
    `"${pipeline}" is not deployed: \`ratchet deploy\` starts the loops of pipelines that have triggers, \`ratchet run ${pipeline}\` runs it once.`,
  );
}
