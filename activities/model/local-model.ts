/** A model's files on this machine. */
import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tracking } from '#ports/tracking.ts';

export interface LocalModels {
  tracking: Tracking;
  /** Folder of this machine for models: `<root>/.ratchet/jobs-files/models`; created. */
  modelFolder: string;
}

/**
 * A model's folder, as `mlflow.<flavor>.load_model(path)` takes it, with the very bytes that its digest was made of: they
 * are read once more at each use, and a copy that was changed is set aside and fetched again.
 * @throws ArtifactDamaged when MLflow has the files no more, or has other ones
 */
export async function localModel(
  { tracking, modelFolder }: LocalModels,
  ref: { uri: string; digest: string },
  signal?: AbortSignal,
): Promise<string> {
  const path = join(modelFolder, ref.digest.replace(/[^0-9A-Za-z]+/g, '-'));
  const found = await tracking.folderDigest(path, signal);
  if (found !== ref.digest) {
    if (found !== null) await setAside(path);
    await tracking.downloadModel(ref, path, signal);
  }
  return path;
}

/** Of two that find the same copy changed, one moves it. */
async function setAside(folder: string): Promise<void> {
  await rename(folder, `${folder}.changed-${randomUUID()}`).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
