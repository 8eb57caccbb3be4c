/** `ratchet model promote`: a version's own verdict, or a person's word, makes it champion. */
import { moveAlias, rollback } from '#adapters/temporal/models.ts';
import type { VersionRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { MoveAnswer } from '#contracts/messages.ts';
import { versionTag } from '#contracts/names.ts';
import type { DescribedVersion } from '#ports/tracking.ts';
import { exitCode } from '../../kit/exit-codes.ts';
import { createOutput } from '../../kit/output.ts';
import { type Session, withSession } from '../../kit/session.ts';
import { type FoundVersion, findVersion, wrong } from './find-version.ts';

export interface PromoteOptions {
  reason?: string;
  as: string;
  json?: boolean;
}

export async function promoteVersion(text: string, options: PromoteOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    const found = await findVersion(session, text);
    const { model, version, ledger } = found;
    const answer = await move(session, found, options);
    out.object(answer);
    if (answer.note) out.note(answer.note);
    const page = session.tracking.page({ model, version: answer.champion });
    if (answer.outcome === 'taken-back') {
      out.print(answer.reason ?? `version ${version.version} was taken back before.`);
      process.exitCode = exitCode.refused;
    } else if (ledger?.champion === answer.champion) {
      const back = ledger.byHand?.open ? ' What was set by hand beside it is put back.' : '';
      out.print(`v${answer.champion} is the champion of ${model} already: nothing was moved.${back}\n  ${page}`);
    } else
      out.print(
        `Champion of ${model} is v${answer.champion}${answer.previous ? `, before it was v${answer.previous}` : ''}.\n  ${page}`,
      );
  });
}

async function move(
  { temporal, environment }: Session,
  { model, version, ledger }: FoundVersion,
  { reason, as }: PromoteOptions,
): Promise<MoveAnswer> {
  const { client } = await temporal();
  const target = { model, environment };
  // Of the champion that there is nothing is to be proven: nothing moves.
  const words = reason ?? (ledger?.champion === version.version ? 'is champion' : undefined);
  if (words !== undefined) return rollback(client, target, { by: as, reason: words, to: version.version });
  const to = judged(model, version);
  const key = version.tags[versionTag.key] ?? '';
  try {
    return await moveAlias(client, target, {
      key,
      to,
      expect: to.verdict.against,
      by: `${as} (ratchet model promote)`,
    });
  } catch (error) {
    if (!(error instanceof Error) || !('type' in error) || error.type !== 'ChampionMoved') throw error;
    throw new UserError(
      'ChampionMoved',
      `${error.message} with \`ratchet run\`, or \`ratchet model promote ${model}@${version.version} --reason TEXT\` makes it champion as a move of yours.`,
    );
  }
}

/** @throws UserError InvalidInput for a version without a verdict that lets it be champion */
function judged(model: string, { version, runId, source, tags }: DescribedVersion): VersionRef {
  const own = `\`ratchet model promote ${model}@${version} --reason TEXT\` makes it champion as a move of yours`;
  const [key, digest, verdict] = [tags[versionTag.key], tags[versionTag.digest], tags['ratchet.verdict.digest']];
  if (!key || !digest || !verdict)
    throw wrong(
      `version ${version} of ${model} was not registered by Ratchet, so no verdict says that it is better: ${own}.`,
    );
  const outcome = tags['ratchet.verdict'];
  if (outcome !== 'passed' && !tags['ratchet.approved.by'])
    throw wrong(`the verdict on version ${version} of ${model} is "${outcome}", not "passed": ${own}.`);
  const against = tags['ratchet.verdict.against'] ?? null;
  return { kind: 'version', model, version, digest, runId, uri: source, verdict: { digest: verdict, against } };
}
