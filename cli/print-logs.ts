/** `ratchet logs`: what a run's steps and jobs wrote on this machine. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pc from 'picocolors';
import { nodeLog, runLogFolder } from '#activities/dispatch/node-log.ts';
import { jobId } from '#activities/model/trainer-job.ts';
import { UserError } from '#contracts/failures.ts';
import { projectRoot } from './project.ts';
import { fullRunId, readRun } from './run-reader.ts';
import { withSession } from './session.ts';

export async function printLogs(id: string, node: string | undefined, lines: number): Promise<void> {
  const root = projectRoot();
  const runId = fullRunId(id);
  const nodes = node ? [node] : await withSession(async (session) => nodesOf(await readRun(session, id)));
  let printed = 0;
  for (const name of nodes) {
    for (const file of [nodeLog(root, runId, name), ...jobLogs(join(root, '.ratchet', 'jobs', jobId(runId, name)))]) {
      if (!existsSync(file) || statSync(file).size === 0) continue;
      printed += 1;
      if (!node) process.stdout.write(`${pc.bold(name)} ${pc.dim(file)}\n`);
      process.stdout.write(`${readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')}\n`);
    }
  }
  if (printed === 0)
    throw new UserError(
      'InvalidInput',
      `${node ? `Node "${node}" of ${runId}` : runId} wrote nothing on this machine (looked in ${runLogFolder(root, runId)} and .ratchet/jobs).`,
    );
}

function nodesOf(run: Awaited<ReturnType<typeof readRun>>): string[] {
  const nodes = run.kind === 'ended' ? run.record.result.nodes : run.progress.nodes;
  return nodes.map((node) => node.id);
}

const jobLogs = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /\.log$/.test(name))
        .sort()
        .map((name) => join(folder, name))
    : [];
