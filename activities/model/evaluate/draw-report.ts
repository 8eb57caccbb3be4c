/** The report's page and its JSON, drawn in the data host and stored by their digest. */
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import type { Report } from '#reports/evaluation/report.ts';
import type { ReportRequest } from '#reports/evaluation/report-request.ts';
import { sha256 } from '../../sha256.ts';

export type Draw = (request: ReportRequest, signal: AbortSignal) => Promise<Report>;

/** Draws reports in the data host. */
export const drawingIn = (tables: Pick<Tables, 'compute'>): Draw => {
  const module = new URL('../../../reports/evaluation/report.ts', import.meta.url).href;
  return (args, signal) => tables.compute<Report>({ module, name: 'render', args, files: [] }, signal);
};

/** Draws a report and stores it, as a page and as JSON beside it. */
export async function drawn(
  { store, draw }: { store: Pick<ObjectStore, 'uri' | 'put'>; draw: Draw },
  request: ReportRequest,
  signal: AbortSignal,
): Promise<Report & { uri: string }> {
  const report = await draw(request, signal);
  const name = sha256(report.html);
  const key = storeKey.evidence(name, 'html');
  await Promise.all([
    store.put(key, report.html, 'text/html; charset=utf-8'),
    // Named like the page, which holds its digest: whoever has one finds the other, and whoever keeps one keeps both.
    store.put(storeKey.evidence(name, 'json'), report.json, 'application/json'),
  ]);
  return { ...report, uri: store.uri(key) };
}
