/** The stage validateData: a source → an immutable snapshot, checked. */
import { DatasetRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { RunContext } from '#contracts/run.ts';
import type { ObjectStore } from '../ports/store.ts';
import type { Tables } from '../ports/tables.ts';
import type { StageWork } from '../stage.ts';
import { createDatasetCache } from './dataset-cache.ts';
import { suiteOf } from './expectations/suite.ts';
import { snapshotOf } from './snapshot.ts';
import { type SourceFilesDependencies, sourceFiles } from './source-files.ts';
import { parseTime } from './time.ts';

export interface ValidateDataDependencies {
  readonly store: Pick<ObjectStore, 'uri' | 'key' | 'head' | 'list' | 'download' | 'upload'>;
  readonly tables: Pick<Tables, 'snapshot' | 'measure' | 'md5'>;
  /** `<root>/.ratchet/cache`; created. */
  readonly cacheFolder: string;
  /** Root of the project that holds `pipelines/`. */
  projectFolder(run: RunContext): string;
  /** Folders that absolute sources must lie in; default: anywhere. */
  readonly dataFolders?: readonly string[];
}

/** What {@link createValidateData} and `sourceIdentity` work with. */
export function sourceDependencies(deps: ValidateDataDependencies): SourceFilesDependencies {
  return { ...deps, cache: createDatasetCache(deps) };
}

/**
 * The source is read once, for the snapshot; expectations are then evaluated on the snapshot in one scan, so that what
 * was checked is what is used. A dataset that is Parquet already is its own snapshot, unless rows are to be left out.
 */
export function createValidateData(dependencies: ValidateDataDependencies): StageWork<'validateData'> {
  const deps = sourceDependencies(dependencies);
  return async (input, { run, signal, workdir, progress }) => {
    const suite = suiteOf(input.expectations);
    const before = beforeOf(input);
    const { nullStrings, types } = input;

    let snapshot: DatasetRef;
    if (
      typeof input.source !== 'string' &&
      input.source.kind === 'dataset' &&
      input.source.format === 'parquet' &&
      !before &&
      !types
    ) {
      snapshot = DatasetRef.parse(input.source);
    } else {
      progress(
        `reading ${typeof input.source === 'string' ? input.source : 'name' in input.source ? input.source.name : 'the dataset'}`,
      );
      const source = await sourceFiles(input, run, deps, signal);
      const made = await snapshotOf(
        source,
        { nullStrings, types, before },
        { ...dependencies, cache: deps.cache },
        workdir,
        signal,
      );
      snapshot = made.ref;
      if (made.reused) progress('the source is unchanged: its snapshot is used again');
    }

    const measures = suite.measures(snapshot);
    if (input.expectations.length > 0)
      progress(`checking ${input.expectations.length} expectations on ${snapshot.rows.toLocaleString('en-US')} rows`);
    const answers =
      measures.length === 0
        ? []
        : await dependencies.tables.measure({ file: await deps.cache.localFile(snapshot, signal), measures }, signal);
    const results = suite.judge(answers, snapshot);
    const failed = results.filter(({ success, severity }) => !success && severity === 'fail');
    if (failed.length > 0) {
      const lines = failed.map(({ type, message }) => `- ${message} (${type})`);
      throw new UserError(
        'DataInvalid',
        `${failed.length} of ${results.length} expectations do not hold for ${nameOf(input.source)} (${snapshot.rows.toLocaleString('en-US')} rows):\n${lines.join('\n')}`,
      );
    }
    const passed = results.every(({ success }) => success);
    progress(
      passed
        ? `${snapshot.rows.toLocaleString('en-US')} rows, all expectations hold`
        : `${snapshot.rows.toLocaleString('en-US')} rows, with warnings`,
    );
    return { snapshot, passed, results };
  };
}

type Input = Parameters<ReturnType<typeof createValidateData>>[0];

function beforeOf({ asOf, timeColumn }: Input): { column: string; time: number } | undefined {
  if (asOf === undefined) return undefined;
  if (timeColumn === undefined)
    throw new UserError(
      'InvalidInput',
      `asOf is ${asOf}, but there is no timeColumn to compare it with: name the column of the rows' time`,
    );
  return { column: timeColumn, time: parseTime(asOf, 'asOf') };
}

function nameOf(source: Input['source']): string {
  if (typeof source === 'string') return source;
  return source.kind === 'file' ? source.name : `the dataset ${source.digest}`;
}
