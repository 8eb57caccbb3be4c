/** Which service a model's version was trained with, held against the definitions that would serve it. */
import { UserError } from '#contracts/failures.ts';
import { alias, versionTag } from '#contracts/names.ts';
import type { FeatureDocument } from '#features/document.ts';
import type { RegisteredVersion, Tracking } from '#ports/tracking.ts';
import { withSession } from '../../kit/session.ts';

/**
 * @param text `NAME@champion`, `NAME@previous` or `NAME@NUMBER`
 * @param file that the definitions are from
 * @returns the service's name
 * @throws UserError InvalidInput for a version that there is not, one that no service was trained with, and definitions that hold another version of it
 */
export async function serviceOfModel(text: string, { services }: FeatureDocument, file: string): Promise<string> {
  const version = await withSession(({ tracking }) => versionOf(text, tracking));
  const called = `${version.model} version ${version.version}`;
  const trained = version.tags[versionTag.featureService];
  const [, name = '', digest = ''] = /^([^@]+)@(.+)$/.exec(trained ?? '') ?? [];
  if (name === '')
    throw new UserError(
      'InvalidInput',
      `${called} says no feature service: it was trained on rows of no getHistoricalFeatures with a service; name one with --service`,
    );
  const now = services.find((each) => each.name === name)?.version;
  if (now === digest) return name;
  const has = now === undefined ? `no service ${name}` : `${name} in the version ${short(now)}`;
  throw new UserError(
    'InvalidInput',
    `${called} was trained with ${name} in the version ${short(digest)}, and ${file} defines ${has}: its features would mean something else. Serve the definitions of then, or promote a model that is trained with those of now`,
  );
}

const short = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);

async function versionOf(text: string, tracking: Pick<Tracking, 'alias' | 'version'>): Promise<RegisteredVersion> {
  const [, model = '', which = ''] = /^([^/\\@]{1,250})@v?(\d{1,18}|[a-z]+)$/.exec(text) ?? [];
  const aliases = [alias.champion, alias.previous];
  const held = aliases.find((each) => each === which);
  if (model === '' || (held === undefined && !/^\d+$/.test(which)))
    throw new UserError(
      'InvalidInput',
      `"${text.slice(0, 100)}" names no version: write NAME@champion, NAME@previous or NAME@NUMBER`,
    );
  const found = held ? await tracking.alias(model, held) : await tracking.version(model, which);
  if (found) return found;
  throw new UserError(
    'InvalidInput',
    `MLflow has no ${held ? `${held} of ${model}` : `version ${which} of ${model}`}: \`ratchet model list\` names what there is`,
  );
}
