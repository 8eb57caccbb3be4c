import { join } from 'node:path';

/** One part of a path, whatever a run or a node is called. */
const part = (text: string) => text.replace(/[^A-Za-z0-9._@=[\]-]/g, '_').replace(/^\.+$/, '_') || '_';
const parts = (name: string) => name.split('/').map(part);

/** Folder with the logs of a run's nodes: `<root>/.ratchet/logs/runs/<run>`. */
export function runLogFolder(root: string, run: string): string {
  return join(root, '.ratchet', 'logs', 'runs', ...parts(run));
}

/** Where the output of one node of a run goes on the machine that ran it. */
export function nodeLog(root: string, run: string, node: string): string {
  return `${join(runLogFolder(root, run), ...parts(node))}.log`;
}
