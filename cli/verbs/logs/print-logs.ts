/** `ratchet logs`: what a run's steps and jobs wrote on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeLog, runLogFolder } from '#activities/dispatch/node-log.ts';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import { takenFolder } from '#adapters/process/job/holder.ts';
import { readLog } from '#adapters/process/job/log.ts';
import { UserError } from '#contracts/failures.ts';
import pc from '../../kit/color.ts';
import { createOutput } from '../../kit/output.ts';
import { projectRoot } from '../../kit/project.ts';
import { idsOf, readRun } from '../../kit/runs/reader.ts';
import { withSession } from '../../kit/session.ts';

/** @internal */
export interface NodeText {
  /** Where it lies: a file, or the folder of a job. */
  from: string;
  text: string;
}

/** A job's log is bounded by its keeper: this is more than all of it. */
const WHOLE = 64 * 2 ** 20;

export async function printLogs(id: string, node: string | undefined, lines: number): Promise<void> {
  const root = projectRoot();
  const out = createOutput(false);
  const known = node
    ? { runIds: idsOf(id), nodes: [node] }
    : await withSession(async (session) => nodesOf(await readRun(session, id)));
  let printed = 0;
  for (const name of known.nodes) {
    const texts = await Promise.all(known.runIds.map((runId) => textsOf(root, runId, name)));
    for (const { from, text } of texts.flat()) {
      printed += 1;
      if (!node) out.print(`${pc.bold(name)} ${pc.dim(from)}`);
      // A carriage return draws a line anew: each drawing is a line here.
      out.print(
        text
          .trimEnd()
          .split(/\r\n|[\r\n]/)
          .slice(-lines)
          .join('\n'),
      );
    }
  }
  if (printed === 0)
    throw new UserError(
      'InvalidInput',
      `${node ? `Node "${node}" of ${id}` : id} wrote nothing on this machine (looked in ${known.runIds.map((runId) => runLogFolder(root, runId)).join(', ')} and .ratchet/jobs).`,
    );
}

async function nodesOf(run: Awaited<ReturnType<typeof readRun>>): Promise<{ runIds: string[]; nodes: string[] }> {
  const told = run.kind === 'live' ? await run.progress() : run.kind === 'ended' ? run.record.result : run.result;
  return { runIds: [told.runId], nodes: told.nodes.map((node) => node.id) };
}

/**
 * What there is of one node: what its step said, what its trainer or script printed, and what the job's keeper complained of.
 * @internal
 */
export async function textsOf(root: string, runId: string, node: string): Promise<NodeText[]> {
  const said = nodeLog(root, runId, node);
  const jobs = join(root, '.ratchet', 'jobs');
  const job = (await takenFolder(jobs, { run: runId, node })) ?? join(jobs, jobId(runId, node));
  const keeper = join(job, 'shim.log');
  const texts = [
    { from: said, text: textOf(said) },
    { from: job, text: (await readLog(job, WHOLE)).text },
    { from: keeper, text: textOf(keeper) },
  ];
  return texts.filter(({ text }) => text.trim() !== '');
}

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
