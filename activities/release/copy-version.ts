/**
 * A version of one registry as a version of another: from staging's MLflow to production's. The same checks hold there: a gate let
 * it through, and its files are those that the gate judged, byte for byte, before and after the way.
 *
 * Safe to repeat and to run twice at once: the run on the other side is found by its key, files are written over with the same
 * bytes, and of versions with one key the lowest stays, as at a registration.
 */
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ArtifactDamaged, UserError } from '#contracts/failures.ts';
import { versionTag } from '#contracts/names.ts';
import type { RegisteredVersion, Tracking } from '#ports/tracking.ts';
import { settle } from './create-version.ts';
import { NEVER } from './log-moves.ts';

type Source = Pick<Tracking, 'url' | 'run' | 'downloadModel' | 'championOf'>;
type Target = Pick<
  Tracking,
  | ('url' | 'ensureExperiment' | 'ensureRun' | 'log' | 'uploadFile' | 'finish' | 'modelDigest')
  | ('versions' | 'createVersion' | 'describeVersion' | 'deleteVersion')
>;

/** Where copies are logged on the other side. */
const EXPERIMENT = 'ratchet/copies';
const FOLDER = 'model';
/** Files that are sent at once. */
const AT_ONCE = 4;
/** Tags of a version that are of the registry that it is in, and not of the version. */
const OF_THE_PLACE = [versionTag.key, versionTag.champion, versionTag.demoted, 'ratchet.approved.by'];

export interface CopyRequest {
  /** As the source has it. */
  readonly version: RegisteredVersion;
  /** What the model is called on the other side. */
  readonly as: string;
  /** An empty folder of this machine, for the files on their way. */
  readonly folder: string;
  /** Who asks, for the tags of the copy. */
  readonly by: string;
}

/**
 * @returns `already`: an earlier copy was found
 * @throws UserError InvalidInput for a version that no gate let through, or a copy onto itself; ArtifactDamaged for files that are not
 *   those that were judged
 */
export async function copyVersion(
  source: Source,
  target: Target,
  { version, as, folder, by }: CopyRequest,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<{ version: string; digest: string; already: boolean }> {
  const { tags, model } = version;
  const key = checked(version, source, target, as);
  const { digest, uri } = await source.championOf(version);
  const ofKey = () => target.versions(as, { tag: versionTag.key, is: key });
  const known = await settle(target, await ofKey());
  if (known) {
    await sameFiles(target, known.source, digest);
    return { version: known.version, digest, already: true };
  }
  progress(`fetching ${model}@${version.version}`);
  await source.downloadModel({ uri, digest }, folder, signal);
  const run = await source.run(version.runId);
  const experimentId = await target.ensureExperiment(EXPERIMENT);
  const origin = `${source.url} ${model}@${version.version}`;
  const copy = await target.ensureRun({
    ...{ experimentId, key: `copy/${as}/${key}`, name: `${model}@${version.version}` },
    tags: { 'ratchet.copied.from': origin, 'ratchet.copied.run': version.runId },
  });
  await target.log(copy.runId, { metrics: run.metrics, params: run.params, timestamp: 0 });
  await sendFiles(target, copy.runId, folder, progress, signal);
  const copied = `runs:/${copy.runId}/${FOLDER}`;
  progress('reading it back');
  await sameFiles(target, copied, digest);
  await target.finish(copy.runId, 'FINISHED');
  const kept = Object.entries(tags).filter(([name]) => !OF_THE_PLACE.includes(name));
  const made = await target.createVersion({
    ...{ model: as, source: copied, runId: copy.runId },
    description: `A copy of version ${version.version} of ${model} at ${source.url}, made by ${by}.`,
    tags: {
      ...Object.fromEntries(kept),
      ...{ [versionTag.key]: key, [versionTag.digest]: digest, [versionTag.champion]: NEVER },
      ...{ 'ratchet.copied.from': origin, 'ratchet.copied.by': by },
      ...(tags['ratchet.approved.by'] ? { 'ratchet.approved.there.by': tags['ratchet.approved.by'] } : {}),
    },
  });
  const winner = (await settle(target, await ofKey())) ?? made;
  return { version: winner.version, digest, already: winner.version !== made.version };
}

/** The effect's key, which is the same on both sides. */
function checked(version: RegisteredVersion, source: Source, target: Target, as: string): string {
  const { model, tags } = version;
  const name = `${model}@${version.version}`;
  if (source.url === target.url && as === model)
    throw new UserError(
      'InvalidInput',
      `${name} would be copied onto itself: name another server (--to), or another model (--as).`,
    );
  const [key, outcome] = [tags[versionTag.key], tags['ratchet.verdict']];
  const approved = outcome === 'needs-approval' && tags['ratchet.approved.by'] !== undefined;
  if (key === undefined || !(outcome === 'passed' || approved))
    throw new UserError(
      'InvalidInput',
      `${name} has ${outcome === undefined ? 'no verdict of a gate' : `the verdict "${outcome}"`}, and only a version that a gate let through is copied: run its pipeline.`,
    );
  return key;
}

async function sameFiles(target: Pick<Target, 'modelDigest'>, uri: string, digest: string): Promise<void> {
  const there = await target.modelDigest(uri);
  if (there !== digest)
    throw new ArtifactDamaged(
      uri,
      `The files of ${uri} on the other server are not those that were copied: their digest is ${there}, not ${digest}. They were changed or damaged there: delete that version and its run, and copy again.`,
    );
}

async function sendFiles(
  target: Pick<Target, 'uploadFile'>,
  runId: string,
  folder: string,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (let at = 0; at < files.length; at += AT_ONCE) {
    signal.throwIfAborted();
    progress(`sending file ${at + 1} of ${files.length}`);
    await Promise.all(
      files.slice(at, at + AT_ONCE).map((file) => {
        const path = relative(folder, file).split(sep).join('/');
        return target.uploadFile(runId, `${FOLDER}/${path}`, file, signal);
      }),
    );
  }
}
