/** `ratchet approve`. */
import { approveRun } from '#adapters/temporal/runs.ts';
import { UserError } from '#contracts/failures.ts';
import { createOutput } from '../../kit/output.ts';
import { readRun } from '../../kit/runs/reader.ts';
import { withSession } from '../../kit/session.ts';

export async function giveApproval(
  id: string,
  node: string | undefined,
  options: { reject?: boolean; note: string; as: string; evidence?: string; json?: boolean },
): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    const run = await readRun(session, id);
    const runId = run.kind === 'live' ? run.runId : id;
    const open = run.kind === 'live' ? (await run.progress()).approvals : [];
    const wanted = node ? open.filter((approval) => approval.node === node) : open;
    const [approval] = wanted;
    if (!approval || wanted.length > 1) {
      const which =
        open.length === 0 ? 'it waits for no approval' : `open are: ${open.map((one) => one.node).join(', ')}`;
      throw new UserError('InvalidInput', `${runId}: ${which}. \`ratchet show ${id}\` shows what it waits for.`);
    }
    const { client } = await session.temporal();
    const answer = await approveRun(client, runId, {
      node: approval.node,
      approved: !options.reject,
      by: options.as,
      note: options.note,
      evidence: options.evidence ?? approval.evidence,
    });
    out.object(answer);
    out.print(
      `${options.reject ? 'Rejected' : 'Approved'} ${approval.node} as ${options.as}: ${answer.given.length} of ${answer.quorum}.`,
    );
  });
}
