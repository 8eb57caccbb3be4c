/** Lets the demo's year pass: files arrive, real Temporal Schedules are backfilled for the time, commits are told. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, ScheduleOverlapPolicy } from '@temporalio/client';
import { loopStatus, tellLoop } from '#adapters/temporal/loops.ts';
import type { Decision } from '#contracts/decision.ts';
import { workflowId } from '#contracts/names.ts';
import { readDecisions } from '#records/decisions.ts';
import pc from '../../../kit/color.ts';
import { type Output, shortened } from '../../../kit/output.ts';
import type { Session } from '../../../kit/session.ts';
import { lines } from './lines.ts';
import { type Origins, originsOf } from './origins.ts';
import { commitId, type Happening, year } from './year.ts';

export interface Passed {
  happening: Happening;
  /** Oldest first. */
  decisions: Decision[];
  origins: Origins;
}

export const PIPELINE = 'flights-monthly';
/** Its `schedule(…)`, with the zone. */
const CALENDAR = '0 3 10 7 * UTC';
const MINUTE = 60_000;

export async function passYear(session: Session, months: string, out: Output): Promise<Passed[]> {
  const { client } = await session.temporal();
  const data = join(session.root, 'pipelines', PIPELINE, 'data');
  mkdirSync(data, { recursive: true });
  const passed: Passed[] = [];
  for (const happening of year) {
    const { at, what, words } = happening;
    out.print(`\n${pc.bold(at.slice(0, 16).replace('T', ' '))}  ${words}`);
    const before = (await loopStatus(client, { pipeline: PIPELINE }))?.decided ?? 0;
    if (what === 'code') await commits(client, happening.commits, at);
    else if (what === 'calendar') await goesBy(client, workflowId.fire(PIPELINE, CALENDAR), at, out);
    else {
      for (const { file, from } of happening.files) copyFileSync(join(months, from), join(data, file));
      await goesBy(client, workflowId.watch(PIPELINE), at, out);
    }
    const decided = await settled(client);
    const decisions = (await recorded(session, decided)).filter(({ number }) => number > before).reverse();
    const origins = await originsOf(client, decisions);
    for (const decision of decisions) out.print(lines(decision, origins));
    passed.push({ happening, decisions, origins });
  }
  return passed;
}

/** Backfills the schedule for the minute of this time, and waits for the workflow that it starts. */
async function goesBy(client: Client, schedule: string, at: string, out: Output): Promise<void> {
  const time = Date.parse(at);
  await client.schedule.getHandle(schedule).backfill({
    start: new Date(time - MINUTE),
    end: new Date(time + MINUTE),
    overlap: ScheduleOverlapPolicy.ALLOW_ALL,
  });
  // The server names it after the time that was meant.
  const workflow = client.workflow.getHandle(`${schedule}-${at.replace('.000Z', 'Z')}`);
  for (;;) {
    const found = await workflow.describe().catch(() => null);
    if (found) break;
    await pause(200);
  }
  try {
    await workflow.result();
  } catch (error) {
    // A look that could not be taken: the year goes on, and says so.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    out.print(`  ${pc.red('failed')}     ${schedule}: ${shortened(cause, 200)}`);
  }
}

async function commits(client: Client, hashes: readonly string[], at: string): Promise<void> {
  await Promise.all(
    hashes.map((commit) =>
      tellLoop(client, { pipeline: PIPELINE }, 'codeChanged', {
        ...{ id: commitId(commit), at, source: 'github', who: 'anna', commit },
        paths: [`pipelines/${PIPELINE}/train.py`],
      }),
    ),
  );
}

/** All is decided, no run goes on and no cohort is being judged. @returns how many decisions there are */
async function settled(client: Client): Promise<number> {
  for (let quiet = 0; ; ) {
    const status = await loopStatus(client, { pipeline: PIPELINE }).catch(() => null);
    const due =
      status?.provisional.some(
        ({ judging, maturesAt }) => judging || (status.clock !== null && maturesAt <= status.clock),
      ) ?? true;
    quiet = status && status.undecided === 0 && !status.run && !due ? quiet + 1 : 0;
    if (status && quiet > 3) return status.decided;
    await pause(250);
  }
}

/** The store has them a moment after the loop. */
async function recorded(session: Session, decided: number): Promise<Decision[]> {
  for (;;) {
    const decisions = await readDecisions(session.store, PIPELINE, { limit: 100 });
    if ((decisions[0]?.number ?? 0) >= decided) return decisions;
    await pause(200);
  }
}
