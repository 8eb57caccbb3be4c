/** The stage validateData: a source → an immutable snapshot, checked. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { DatasetRef, type FileRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { jsonBytes } from '#contracts/json.ts';
import { readingOf } from '#contracts/reading.ts';
import type { RunContext } from '#contracts/run.ts';
import type { ExpectationSummary, ValidationResult } from '#contracts/validation.ts';
import { suiteInTurns } from '#measures/expectations/suite.ts';
import { stops, validateTable, validationResult } from '#measures/expectations/validation.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { TableFacts, Tables } from '#ports/tables.ts';
import type { ValidationFiles } from '#reports/validation/write-validation.ts';
import type { StageWork } from '../stage.ts';
import { createDatasetCache } from './dataset-cache.ts';
import { setAside } from './set-aside.ts';
import { snapshotOf } from './snapshot.ts';
import { type SourceFilesDependencies, sourceFiles } from './source/files.ts';
import { parseTime } from './time.ts';

export interface ValidateDataDependencies {
  readonly store: Pick<ObjectStore, 'uri' | 'key' | 'head' | 'list' | 'download' | 'put' | 'upload'>;
  readonly tables: Pick<Tables, 'snapshot' | 'measure' | 'md5' | 'quarantine' | 'compute'>;
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
    const suite = await suiteInTurns(input.expectations);
    const before = beforeOf(input);
    const reading = readingOf(input);

    let snapshot: DatasetRef;
    if (
      typeof input.source !== 'string' &&
      input.source.kind === 'dataset' &&
      input.source.format === 'parquet' &&
      !before &&
      !reading.types
    ) {
      snapshot = DatasetRef.parse(input.source);
    } else {
      progress(
        `reading ${typeof input.source === 'string' ? input.source : 'name' in input.source ? input.source.name : 'the dataset'}`,
      );
      const source = await sourceFiles(input, run, deps, signal);
      const missing = input.missing ?? input.nullStrings;
      const made = await snapshotOf(
        source,
        { ...reading, ...(source.format === 'csv' && missing ? { missing } : {}), before },
        { ...dependencies, cache: deps.cache },
        workdir,
        signal,
      );
      snapshot = made.ref;
      for (const note of made.notes) progress(note);
      if (made.reused) progress('the source is unchanged: its snapshot is used again');
    }

    if (input.expectations.length === 0) {
      progress(`${count(snapshot.rows)} rows`);
      return { snapshot, passed: true, results: [], quarantined: null, validation: null, report: null };
    }
    progress(`checking ${input.expectations.length} expectations on ${count(snapshot.rows)} rows`);
    const file = await deps.cache.localFile(snapshot, signal);
    const request = { files: [file], shape: snapshot, data: nameOf(input.source), suite, redacted: input.redact };
    const judged = await validateTable(request, dependencies.tables, signal);
    const apart = await setAside(suite, judged.results, file, workdir, dependencies.tables, signal);
    const quarantined = apart?.bad ? await stored(apart.badFile, apart.bad) : null;
    const told = validationResult(
      request,
      judged.results,
      apart ? { rows: apart.rows, uri: quarantined?.uri ?? null, reasons: [...apart.reasons] } : null,
    );
    const names = ['validation.json', 'validation.html'] as const;
    const [json, html] = [join(workdir, names[0]), join(workdir, names[1])];
    const args: ValidationFiles = { result: told, json, html };
    const module = new URL('../../reports/validation/write-validation.ts', import.meta.url).href;
    await dependencies.tables.compute({ module, name: 'writeValidation', args, files: [] }, signal);
    const [validation, report] = await Promise.all([storedText(names[0], json), storedText(names[1], html)]);

    const unmet = judged.results.filter((result) => !result.success && stops(result));
    if (unmet.length > 0) {
      const lines = unmet
        .slice(0, MOST_TOLD)
        .map(({ expectation_config, ratchet }) => `- ${ratchet.message.slice(0, 500)} (${expectation_config.type})`);
      if (unmet.length > lines.length) lines.push(`- and ${unmet.length - lines.length} more`);
      throw new UserError(
        'DataInvalid',
        `${unmet.length} of ${judged.results.length} expectations do not hold for ${nameOf(input.source)} (${count(snapshot.rows)} rows):\n${lines.join('\n')}\nThe whole result: ${validation.uri}`,
      );
    }
    if (apart?.good?.rows === 0)
      throw new UserError(
        'DataInvalid',
        `all ${count(snapshot.rows)} rows of ${nameOf(input.source)} are quarantined, and none is left: ${apart.reasons.map(({ reason }) => reason).join('; ')}`,
      );
    const kept = apart?.good ? await stored(apart.goodFile, apart.good) : snapshot;
    const passed = judged.success;
    progress(
      `${count(kept.rows)} rows, ${passed ? 'all expectations hold' : apart ? `${count(apart.rows)} quarantined` : 'with warnings'}`,
    );
    return { snapshot: kept, passed, results: summaries(judged.results), quarantined, validation, report };
  };

  async function stored(path: string, { md5, rows, bytes, columns }: TableFacts): Promise<DatasetRef> {
    const { uri } = await deps.cache.keep(path, md5);
    return { kind: 'dataset', uri, digest: `md5:${md5}`, format: 'parquet', rows, bytes, columns: [...columns] };
  }

  async function storedText(name: string, path: string): Promise<FileRef> {
    const [[md5 = ''], { size: bytes }] = await Promise.all([dependencies.tables.md5([path]), stat(path)]);
    const { uri } = await deps.cache.keep(path, md5);
    return { kind: 'file', uri, digest: `md5:${md5}`, bytes, name };
  }
}

/** Unmet expectations in an error's message. */
const MOST_TOLD = 40;
/** Results in a history, in bytes of JSON; beyond it the ones that hold are left to the stored result. */
const SUMMARY_LIMIT = 24 * 1024;

function summaries(results: ValidationResult['results']): z.input<typeof ExpectationSummary>[] {
  const all = results.map(summaryOf);
  if (jsonBytes(all) <= SUMMARY_LIMIT) return all;
  // With the comma after each.
  let bytes = 2;
  return all.filter((each) => {
    if (each.success || bytes > SUMMARY_LIMIT) return false;
    bytes += jsonBytes(each) + 1;
    return bytes <= SUMMARY_LIMIT;
  });
}

function summaryOf({ success, expectation_config, result, ratchet }: ValidationResult['results'][number]) {
  const { observed_value: observed = null, unexpected_count, unexpected_percent } = result;
  return {
    type: expectation_config.type,
    column: ratchet.columns[0] ?? null,
    success,
    severity: ratchet.severity,
    message: ratchet.message.slice(0, 1_000),
    // A figure; lists and objects are in the stored result.
    observed: observed !== null && typeof observed === 'object' ? null : observed,
    unexpectedCount: unexpected_count ?? null,
    unexpectedPercent: unexpected_percent ?? null,
  };
}

const count = (rows: number) => rows.toLocaleString('en-US');

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
