/** `ratchet model card`. */
import { readFile, writeFile } from 'node:fs/promises';
import { UserError } from '#contracts/failures.ts';
import { storedEvidence } from '#records/stored-evidence.ts';
import { libraryOf } from '#reports/model-card/library.ts';
import { mergedCard } from '#reports/model-card/merge.ts';
import { toldByTags } from '#reports/model-card/story.ts';
import { unusable } from '../../kit/given-file.ts';
import { createOutput } from '../../kit/output.ts';
import { withSession } from '../../kit/session.ts';
import { namedVersion } from './named-version.ts';

export async function writeCard(
  text: string,
  { out: file, license }: { out?: string; license?: string },
): Promise<void> {
  const out = createOutput(false);
  const { model, version } = namedVersion(text);
  await withSession(async ({ tracking, store }) => {
    const found = await tracking.version(model, version);
    if (!found)
      throw new UserError(
        'InvalidInput',
        `MLflow has no version ${version} of ${model}: \`ratchet model list ${model}\` names those that it has.`,
      );
    const { tags } = found;
    const judged = await storedEvidence(store, tags);
    if (!judged)
      throw new UserError(
        'InvalidInput',
        `${text} has no evidence in this store, so there is nothing to tell of it: only what a gate judged has a card.`,
      );
    const { uri, digest } = await tracking.championOf(found);
    const { flavors } = await tracking.modelCard(uri);
    const before = file === undefined ? null : await cardAt(file);
    const card = mergedCard(before, {
      ...{
        repo: file ?? model,
        tag: null,
        registry: tracking.url,
        license: license ?? null,
        library: libraryOf(flavors),
      },
      ...{ model, version, digest, evidence: judged.evidence },
      ...toldByTags(tags),
    });
    if (file === undefined) return out.print(card);
    await writeFile(file, card).catch(async (error: unknown) => {
      throw await unusable('--out', file, error, 'written');
    });
    out.note(`model card: ${file}`);
  });
}

async function cardAt(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw await unusable('--out', file, error, 'read');
  }
}
