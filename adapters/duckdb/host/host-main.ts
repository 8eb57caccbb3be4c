/** The data host: a child process that runs one request at a time. Forked by host.ts; ends with its parent. */
import { UserError } from '#contracts/failures.ts';
import { explain } from '../errors.ts';
import { operations } from '../operations.ts';
import type { FromHost, HostSettings, OperationName, ToHost } from './protocol.ts';

let settings: HostSettings | null = null;
let current: { id: number; abort: AbortController } | null = null;

function send(message: FromHost): void {
  process.send?.(message);
}

async function serve(id: number, operation: OperationName, request: unknown): Promise<void> {
  if (!settings) throw new Error('request before settings');
  const abort = new AbortController();
  current = { id, abort };
  try {
    // The parent's types tie request and operation together; the channel cannot.
    const answer = await operations[operation](request as never, { settings, signal: abort.signal });
    send({ kind: 'done', id, answer });
  } catch (error) {
    const known = error instanceof UserError ? error : explain(error);
    send({ kind: 'failed', id, type: known?.type ?? null, message: known?.message ?? stackOf(error) });
  } finally {
    current = null;
  }
}

/** An error nobody foresaw is a bug: its stack belongs in the worker's log. */
function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

process.on('message', (message: ToHost) => {
  if (message.kind === 'settings') {
    settings = message.settings;
    send({ kind: 'ready' });
  } else if (message.kind === 'request') {
    void serve(message.id, message.operation, message.request);
  } else if (current?.id === message.id) {
    current.abort.abort();
  }
});
// The parent is gone: nobody waits for the answer, and nobody would end this process.
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group; the parent decides when its host ends.
process.on('SIGINT', () => {});
