/** Which jobs nobody waits for any more: the same rule for every executor, whose own is how to end them. */
import type { JobListing, JobOwner } from './executor.ts';

/** Why a job is stopped that nobody waits for. */
export const RUN_IS_OVER = 'the run that wanted it is over';

const WEEK = 7 * 86_400;

/**
 * @param keepSeconds how long a job that is over is kept: default 7 days
 * @returns those to stop, which did not end although their run did, and those to forget
 */
export async function jobsToReap(
  jobs: readonly JobListing[],
  ownerOf: (job: JobListing) => Promise<JobOwner>,
  keepSeconds: number = WEEK,
): Promise<{ stop: JobListing[]; remove: JobListing[] }> {
  const found: { stop: JobListing[]; remove: JobListing[] } = { stop: [], remove: [] };
  for (const job of jobs) {
    const { state } = job;
    // Of most that are over nothing is to be done yet, and nobody needs to be asked.
    if (state.kind === 'done' && Date.now() - Date.parse(state.exit.endedAt) < keepSeconds * 1000) continue;
    const owner = await ownerOf(job);
    if (owner === 'open' || (owner === 'unknown' && state.kind !== 'done')) continue;
    found[state.kind === 'done' ? 'remove' : 'stop'].push(job);
  }
  return found;
}
