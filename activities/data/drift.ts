/** Drift as activities ask for it: profiles in the object store, the work in the data host. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetRef, FileRef } from '#contracts/data.ts';
import type { DriftOptions, DriftResult } from '#contracts/drift.ts';
import { UserError } from '#contracts/failures.ts';
import type { MeasureRequest } from '#measures/drift/measure.ts';
import type { ProfileRequest } from '#measures/drift/profile/table.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import { createDatasetCache } from './dataset-cache.ts';

export interface DriftDependencies {
  readonly store: Pick<ObjectStore, 'uri' | 'key' | 'head' | 'list' | 'download' | 'put' | 'upload'>;
  readonly tables: Pick<Tables, 'compute' | 'md5'>;
  /** `<root>/.ratchet/cache`; created. */
  readonly cacheFolder: string;
}

interface MeasureDrift extends DriftOptions {
  /** From {@link Drift.profileReference}; several are taken as one table. */
  readonly profile: FileRef | readonly FileRef[];
  /** The new rows, Parquet, stored or a file of this machine: all that is read besides the profile. */
  readonly current: DatasetRef | { readonly path: string };
  /** Also tells of each column how often chance alone brings such a difference; chisquare and g_test are two-sample tests then. */
  readonly chance?: boolean;
}

export interface Drift {
  /**
   * Reads a Parquet dataset once and stores what later checks need of it, by its digest: the same rows, in any order, are
   * the same file, a few megabytes whatever the rows.
   */
  profileReference(dataset: DatasetRef, signal?: AbortSignal): Promise<FileRef>;
  /** A result may be larger than a history's payload: hand on what decides, and store the rest. */
  measureDrift(request: MeasureDrift, signal?: AbortSignal): Promise<DriftResult>;
}

export function createDrift(deps: DriftDependencies): Drift {
  const cache = createDatasetCache(deps);
  return {
    async profileReference(dataset, signal) {
      const file = await parquet(dataset, signal);
      const folder = join(deps.cacheFolder, 'profiles');
      const to = join(folder, `${randomUUID()}.partial`);
      await mkdir(folder, { recursive: true });
      try {
        const args: ProfileRequest = { files: [file], to };
        const module = new URL('../../measures/drift/profile/table.ts', import.meta.url).href;
        await deps.tables.compute({ module, name: 'profileTableHere', args, files: [file] }, signal);
        const [md5 = ''] = await deps.tables.md5([to], signal);
        const { size: bytes } = await stat(to);
        const { uri } = await cache.keep(to, md5, signal);
        return { kind: 'file', uri, digest: `md5:${md5}`, bytes, name: 'drift-profile.json' };
      } finally {
        await rm(to, { force: true });
      }
    },
    async measureDrift({ profile, current, chance = false, ...options }, signal) {
      const refs = 'uri' in profile ? [profile] : profile;
      const [file, ...profiles] = await Promise.all([
        'path' in current ? current.path : parquet(current, signal),
        ...refs.map((ref) => cache.localFile(ref, signal)),
      ]);
      const args: MeasureRequest = { reference: { profiles }, current: { files: [file] }, options, chance };
      const module = new URL('../../measures/drift/measure.ts', import.meta.url).href;
      return deps.tables.compute<DriftResult>({ module, name: 'measureDriftHere', args, files: [file] }, signal);
    },
  };

  async function parquet(dataset: DatasetRef, signal: AbortSignal | undefined): Promise<string> {
    if (dataset.format !== 'parquet')
      throw new UserError(
        'InvalidInput',
        `the dataset ${dataset.uri} is ${dataset.format}: drift is measured on snapshots, which are Parquet`,
      );
    return cache.localFile(dataset, signal);
  }
}
