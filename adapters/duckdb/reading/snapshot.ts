/** One table's files → one Parquet file, rows in the order of the files; the same rows give the same bytes. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { csvOptions } from '#contracts/reading.ts';
import type { SnapshotRequest, SourceRequest, TableFacts } from '#ports/tables.ts';
import type { HostContext, WithSession } from '../host/with-session.ts';
import { snapshotCsv } from './csv/snapshot.ts';
import { packed } from './json-lines/packs.ts';
import { snapshotJsonLines } from './json-lines/snapshot.ts';
import { snapshotParquet } from './parquet/snapshot.ts';
import { labelOf, prepare } from './source.ts';

export async function snapshot(
  request: SnapshotRequest,
  context: HostContext,
  withSession: WithSession,
): Promise<TableFacts> {
  await mkdir(context.settings.folder, { recursive: true });
  const folder = await mkdtemp(join(context.settings.folder, 'unpack-'));
  try {
    refuseOptionsOfCsv(request);
    const source = await prepare(request, folder, context.signal);
    if (request.format === 'csv') return await snapshotCsv(request, source.files, folder, context, withSession);
    if (request.format === 'parquet')
      return await withSession(context, [...source.files, request.to], (session) => snapshotParquet(session, source));
    const lines = await packed(source, folder, context.signal);
    return await withSession(context, [...lines.source.files, request.to], (session) =>
      snapshotJsonLines(session, lines.source),
    ).catch((error) => {
      throw lines.explained(error);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What would be ignored is an error. */
export function refuseOptionsOfCsv(request: SourceRequest): void {
  const option = request.format === 'csv' ? undefined : csvOptions.find((each) => request[each] !== undefined);
  if (option)
    throw new UserError(
      'InvalidInput',
      `${option} says how a CSV is written, and ${labelOf(request, 0)} is ${request.format}: leave it out`,
    );
}
