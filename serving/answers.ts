/** Vectors as JSON: by columns, as Feast's clients read it, or by rows, for people. */
import { timeText, toJson } from './values.ts';
import type { Cell, Vectors } from './vectors.ts';

const NEVER = '1970-01-01T00:00:00Z';
const list = (items: readonly string[]) => `[${items.join(',')}]`;
const eventOf = ({ event }: Cell) => (event === null ? NEVER : timeText(event));

/** @param hideExpired null in place of values that are too old: for clients that do not look at the status */
export function feastJson(vectors: Vectors, { hideExpired, views }: { hideExpired: boolean; views: boolean }): string {
  const results = vectors.columns.map(({ type, cells }) => {
    const values = cells.map(({ value, status }) =>
      hideExpired && status === 'OUTSIDE_MAX_AGE' ? 'null' : toJson(type, value, 'feast'),
    );
    const statuses = cells.map(({ status }) => `"${status}"`);
    const events = cells.map((cell) => `"${eventOf(cell)}"`);
    return `{"values":${list(values)},"statuses":${list(statuses)},"event_timestamps":${list(events)}}`;
  });
  const names = JSON.stringify(vectors.columns.map(({ name }) => name));
  const read = vectors.question.views.map(({ view: { name } }) => ({ name }));
  const metadata = views ? `,"feature_view_metadata":${JSON.stringify(read)}` : '';
  return `{"results":${list(results)},"metadata":{"feature_names":${names}${metadata}}}`;
}

/** One entity: `{ "features": { name: { value, status, at } } }`; what is too old has no value here. */
export function personJson(vectors: Vectors): string {
  const features = vectors.columns.slice(vectors.question.keys.length).map(({ name, type, cells }) => {
    const [cell] = cells;
    const shown = cell && cell.status !== 'OUTSIDE_MAX_AGE' ? cell.value : null;
    const at = cell?.event === null || cell === undefined ? 'null' : `"${timeText(cell.event)}"`;
    return `${JSON.stringify(name)}:{"value":${toJson(type, shown, 'strict')},"status":"${cell?.status ?? 'NOT_FOUND'}","at":${at}}`;
  });
  return `{"features":{${features.join(',')}}}`;
}

/** A list for each row, and of each column its type: what reads it needs no definitions, and rounds nothing. What is too old has no value here. */
export function rowsJson({ columns, question, rows }: Vectors): string {
  const asked = columns.slice(question.keys.length);
  const heads = asked.map(({ name, type }) => JSON.stringify({ name, type }));
  const lines = Array.from({ length: rows }, (_, row) => {
    const cells = asked.map(({ type, cells }) => ({ type, cell: cells[row] }));
    const values = cells.map(({ type, cell }) =>
      toJson(type, cell && cell.status !== 'OUTSIDE_MAX_AGE' ? cell.value : null, 'text'),
    );
    const statuses = cells.map(({ cell }) => `"${cell?.status ?? 'NOT_FOUND'}"`);
    const events = cells.map(({ cell }) => (cell?.event == null ? 'null' : `"${timeText(cell.event)}"`));
    return `{"values":${list(values)},"statuses":${list(statuses)},"events":${list(events)}}`;
  });
  return `{"columns":${list(heads)},"rows":${list(lines)}}`;
}
