/** Where recorded histories lie, and how they are read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import proto, { type temporal } from '@temporalio/proto';

// A CommonJS module: Node does not see its names.
const { History } = proto.temporal.api.history.v1;
const folder = join(import.meta.dirname, 'histories');
export const historyPath = (name: string): string => join(folder, `${name}.json`);

export function recordedNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .toSorted();
}

/** The text of a recording: what a test that tampers with one changes. */
export const historyText = (name: string): string => readFileSync(historyPath(name), 'utf8');

/** As `Worker.runReplayHistories` wants them; the workflow's id is read by the interpreter, so it is the recorded one. */
export function replayable(name: string, text = historyText(name)) {
  const { workflowId, history } = JSON.parse(text) as { workflowId: string; history: { [key: string]: unknown } };
  return { workflowId, history: History.fromObject(history) };
}

/** A history as JSON that {@link replayable} reads back: names of enums, numbers as strings, bytes as base64. */
export function written(workflowId: string, history: temporal.api.history.v1.IHistory): string {
  const json = History.toObject(History.fromObject(history as object), { longs: String, enums: String, bytes: String });
  return `${JSON.stringify({ workflowId, history: json }, anonymous, 1)}\n`;
}

/** Who recorded it, on which machine and where the sources lay is nobody's business. */
function anonymous(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorder';
  return key === 'stackTrace' ? '' : value;
}
