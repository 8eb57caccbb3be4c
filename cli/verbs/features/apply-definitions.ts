/** `ratchet features apply`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { NotReadable, sourceHeader } from '#activities/data/source/header.ts';
import { refuseMisfits } from '#activities/features/history/misfits.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { readingOf } from '#contracts/reading.ts';
import { type Change, changesOf } from '#features/changes.ts';
import type { FeatureDocument } from '#features/document.ts';
import { joinKeysOf } from '#features/resolve.ts';
import { type PostgresSource, type Source, sourceName } from '#features/source.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { TableHeader } from '#ports/tables.ts';
import { appliedFeatures, applyFeatures } from '#records/applied-features.ts';
import { databasesOf } from '#workers/databases.ts';
import { projectName } from '#workers/deploy/owners.ts';
import pc from '../../kit/color.ts';
import { createOutput, type Output } from '../../kit/output.ts';
import { withSession } from '../../kit/session.ts';
import { readDefinitions } from './read-definitions.ts';

export interface ApplyOptions {
  definitions: string;
  dryRun?: boolean;
  json?: boolean;
}

/** How long one source may take. */
const PATIENCE_MS = 10_000;

export async function applyDefinitions(options: ApplyOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  const { document } = await readDefinitions(options.definitions);
  const folder = dirname(resolve(options.definitions));
  await withSession(async ({ root, store }) => {
    const own = relative(root, folder);
    if (own.startsWith('..') || isAbsolute(own))
      throw new UserError(
        'InvalidInput',
        `${options.definitions} lies outside of the project ${root}: workers look for sources below it`,
      );
    const notes = await lookAtSources(document, { root, folder, store });
    const project = projectName(root);
    const before = await appliedFeatures(store, project);
    const changes = changesOf(before?.document ?? null, document);
    const dryRun = options.dryRun ?? false;
    const of = { folder: own.split(sep).join('/'), at: new Date().toISOString(), by: userInfo().username };
    // Also as they were: they may have been moved, or their pointer may be of an earlier form.
    const applied = dryRun ? null : await applyFeatures(store, project, document, of);
    out.object({ project, dryRun, digest: applied?.digest ?? null, changes, notes });
    for (const note of notes) out.note(note);
    for (const change of changes) show(change, out);
    const said = changes.length === 0 ? 'as they were' : `${changes.length} changed`;
    out.print(
      dryRun
        ? `${project}: ${said}; nothing was stored`
        : `${project}: in force, ${said}, ${applied?.digest.slice(0, 19)}`,
    );
  });
}

/**
 * @returns what could not be looked at
 * @throws UserError InvalidInput for a column that is missing or of another type than declared
 */
async function lookAtSources(
  document: FeatureDocument,
  { root, folder, store }: { root: string; folder: string; store: ObjectStore },
): Promise<string[]> {
  const notes: string[] = [];
  const scratch = await mkdtemp(join(tmpdir(), 'ratchet-apply-'));
  const tables = createTablesInProcess();
  const deps = { store, tables, projectFolder: () => root, folder: () => mkdtemp(join(scratch, 'source-')) };
  try {
    for (const view of document.views) {
      const header = await headerOf(view.source).catch((error: unknown) => {
        if (!(error instanceof NotReadable)) throw error;
        notes.push(`${view.name}: ${sourceName(view.source)} was not looked at: ${error.message}`);
        return null;
      });
      if (header) refuseMisfits(view, joinKeysOf(document, view), header);
    }
    return notes;
  } finally {
    await tables.close();
    await rm(scratch, { recursive: true, force: true });
  }

  async function headerOf(source: Source): Promise<TableHeader> {
    if ('sql' in source) {
      const { query, tables: named } = source.sql;
      const outlines: Record<string, Column[]> = {};
      for (const [name, table] of Object.entries(named)) outlines[name] = whole(name, await headerOf(table));
      const asked = { query, tables: outlines, label: sourceName(source) };
      return { columns: await tables.outlined(asked, AbortSignal.timeout(PATIENCE_MS)), complete: true };
    }
    if ('postgres' in source) return { columns: await databaseColumns(source), complete: true };
    const { path, format } = source;
    const placed = isAbsolute(path) || /^s3:/i.test(path) ? path : join(folder, path);
    return sourceHeader({ source: placed, format, reading: readingOf(source) }, { pipeline: '' }, deps, PATIENCE_MS);
  }
}

/** @throws NotReadable for columns of which not all types are known before the rows are read */
function whole(name: string, { columns, complete }: TableHeader): Column[] {
  const known = columns.flatMap(({ name: column, type }) => (type === null ? [] : [{ name: column, type }]));
  if (complete && known.length === columns.length) return known;
  throw new NotReadable(`the types of ${name} are known when its rows are read`);
}

/** @throws NotReadable where the database cannot be reached from here: workers may */
async function databaseColumns({ postgres }: PostgresSource): Promise<readonly Column[]> {
  try {
    const database = await databasesOf(process.env)(postgres.connection);
    return await database.columns(postgres, AbortSignal.timeout(PATIENCE_MS));
  } catch (error) {
    const away =
      error instanceof UserError ? error.type === 'OutsideUnreachable' : (error as Error).name === 'TimeoutError';
    if (away || !process.env[postgres.connection]) throw new NotReadable((error as Error).message, { cause: error });
    throw error;
  }
}

const colours = { added: pc.green, changed: pc.yellow, removed: pc.red } as const;

function show({ kind, name, change, fields, versions }: Change, out: Output): void {
  const detail = [
    fields.join(', '),
    versions?.before && versions.now ? `${versions.before.slice(0, 19)} → ${versions.now.slice(0, 19)}` : '',
  ].filter((part) => part !== '');
  out.print(
    `${colours[change](change.padEnd(7))}  ${kind} ${name}${detail.length > 0 ? `: ${detail.join('; ')}` : ''}`,
  );
}
