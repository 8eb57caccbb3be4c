/** `ratchet model archive`: a version that nobody is to use. */
import { archiveVersion } from '#adapters/temporal/models.ts';
import { createOutput } from '../../kit/output.ts';
import { withSession } from '../../kit/session.ts';
import { findVersion } from './find-version.ts';

export interface ArchiveOptions {
  reason: string;
  as: string;
  json?: boolean;
}

export async function archiveAsked(text: string, { reason, as, json = false }: ArchiveOptions): Promise<void> {
  const out = createOutput(json);
  await withSession(async (session) => {
    const { model, version } = await findVersion(session, text);
    const { client } = await session.temporal();
    const target = { model, environment: session.environment };
    const answer = await archiveVersion(client, target, { version: version.version, by: as, reason });
    out.object({ model, version: version.version, ...answer });
    if (answer.note) out.note(answer.note);
    out.print(
      answer.already
        ? `v${version.version} of ${model} was archived before: nothing was changed.`
        : `v${version.version} of ${model} is archived: no run makes it champion. \`ratchet model promote ${model}@${version.version} --reason TEXT\` takes it out again.`,
    );
  });
}
