/** The activities of `materialize`: which files are to be read, and that the data host reads them. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { UserError } from '#contracts/failures.ts';
import type { MaterializeActivities, MaterializePart, MaterializeRequest } from '#contracts/materialize.ts';
import { storeKey } from '#contracts/names.ts';
import { FeatureDocument } from '#features/document.ts';
import type { FeatureView } from '#features/feature-view.ts';
import { unknownName } from '#features/names.ts';
import { tilePlan } from '#features/tiles/plan.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import { sha256 } from '../../sha256.ts';
import type { MaterializeHost, MaterializeRows, MaterializeUnread, RowsWritten } from './data-host.ts';
import { asParquet, filesOf, type SourceFile, type SourceFilesDependencies } from './files.ts';
import { definitionOf, planRows, refuseNotOnline } from './plan-rows.ts';

export interface MaterializeDependencies<Place> extends SourceFilesDependencies {
  readonly store: SourceFilesDependencies['store'] & Pick<ObjectStore, 'get'>;
  readonly tables: SourceFilesDependencies['tables'] & Pick<Tables, 'compute'>;
  readonly host: MaterializeHost<Place>;
  /** For what lies between. */
  readonly workFolder: string;
}

/** Of one part: what a killed worker does again, and how often progress is told. A larger file is a part of its own. */
const PART_BYTES = 64 * 1024 * 1024;
const PART_FILES = 200;
/** As of pushes: an event that is further ahead would keep every later one out. */
const AHEAD_US = 5n * 60_000_000n;

export function createMaterializeActivities<Place>(deps: MaterializeDependencies<Place>): MaterializeActivities {
  const { host, tables } = deps;
  const now = () => BigInt(Date.now()) * 1_000n;
  return {
    async materializeFiles(request) {
      await mkdir(deps.workFolder, { recursive: true });
      const folder = await mkdtemp(join(deps.workFolder, 'materialize-'));
      try {
        return await part(request, folder, Context.current().cancellationSignal);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async materialized(request) {
      const { cancellationSignal: signal } = Context.current();
      const args = {
        ...{ place: host.place(request.store), view: request.view },
        at: BigInt(Date.parse(request.startedAt)) * 1_000n,
      };
      await tables.compute({ module: host.module, name: 'materialized', args, files: [] }, signal);
    },
  };

  async function part(
    request: Parameters<MaterializeActivities['materializeFiles']>[0],
    folder: string,
    signal: AbortSignal,
  ): Promise<MaterializePart> {
    const { document, view } = await definedBy(request, deps.store);
    const place = host.place(request.store);
    const definition = definitionOf(document, view);
    const all = await filesOf(view.source, request.folder, folder, deps, signal);
    const whole = request.from === null && request.to === null;
    const given: MaterializeUnread<Place> = {
      ...{ place, view: view.name, definition, now: now() },
      files: all.map(({ label, version }) => ({ label, version })),
    };
    const unread =
      whole && !request.all
        ? await tables.compute<number[]>({ module: host.module, name: 'unread', args: given, files: [] }, signal)
        : [...all.keys()];
    const after = unread.flatMap((index) => {
      const file = all[index];
      return file && (request.after === null || file.label > request.after) ? [file] : [];
    });
    // An event's place among those that are alike is one over the whole source.
    const some = tilePlan(view) === null ? together(after) : after.length > 0 ? all : [];
    const counts = {
      ...{ files: some.length, bytes: some.reduce((sum, { bytes }) => sum + bytes, 0) },
      ...{ left: Math.max(0, after.length - some.length), unchanged: some === all ? 0 : all.length - unread.length },
      after: some.at(-1)?.label ?? null,
    };
    if (some.length === 0) return { ...counts, ...nothing };
    const { paths, columns } = await asParquet(view.source, some, join(folder, 'rows.parquet'), deps, signal);
    const { names, request: rows, windows } = planRows(document, view, columns);
    const args: MaterializeRows<Place> = {
      ...{ place, view: view.name, files: paths, names, now: given.now },
      request: { ...rows, from: micros(request.from), to: micros(request.to), until: given.now + AHEAD_US },
      windows: windows && { view, columns: windows },
      cursor: whole ? { definition, files: some.map(readAs) } : null,
    };
    const written = await tables.compute<RowsWritten>(
      { module: host.module, name: 'materializeRows', args, files: paths },
      signal,
    );
    return { ...counts, ...written };
  }
}

const nothing: Omit<MaterializePart, 'files' | 'bytes' | 'left' | 'unchanged' | 'after'> = {
  ...{ rows: 0, written: 0, older: 0, events: 0 },
  ...{ withoutKey: 0, withoutTime: 0, outside: 0, ahead: 0 },
};

const micros = (iso: string | null): bigint | null => (iso === null ? null : BigInt(Date.parse(iso)) * 1_000n);

const readAs = ({ label, version, path }: SourceFile) => ({ label, version, path, stamp: version });

/** The first ones, at least one. */
function together(files: readonly SourceFile[]): SourceFile[] {
  let bytes = 0;
  const end = files.findIndex((file, index) => {
    bytes += file.bytes;
    return index > 0 && (bytes > PART_BYTES || index >= PART_FILES);
  });
  return files.slice(0, end < 0 ? files.length : end);
}

async function definedBy(
  { definitions, view: name }: MaterializeRequest,
  store: Pick<ObjectStore, 'get'>,
): Promise<{ document: FeatureDocument; view: FeatureView }> {
  const key = storeKey.featureDefinitions(definitions);
  const body = await store.get(key);
  if (!body || sha256(body) !== definitions)
    throw new UserError(
      'ArtifactDamaged',
      `the definitions ${key} are ${body ? 'damaged' : 'gone'}: start it again, which stores them again`,
    );
  const document = FeatureDocument.parse(JSON.parse(Buffer.from(body).toString('utf8')));
  const view = document.views.find((each) => each.name === name);
  if (!view)
    throw new UserError(
      'InvalidInput',
      unknownName(
        'view',
        name,
        document.views.map((each) => each.name),
      ),
    );
  refuseNotOnline(view);
  return { document, view };
}
