import { join } from 'node:path';
import type { OpenTable } from '#ports/tables.ts';
import { openSession, type Session } from '../host/session.ts';
import type { HostContext } from '../host/with-session.ts';
import { openTable } from './table-scan.ts';

/** Opens tables in one session, each on a connection of its own; it begins with the first of them and is interrupted by a cancel. */
export function createScanner(
  { settings, signal }: HostContext,
  files: readonly string[],
): { open: OpenTable; close(): Promise<void> } {
  let session: Promise<Session> | null = null;
  const interrupt = () => void session?.then((open) => open.interrupt());
  return {
    open: async (names) => {
      signal.throwIfAborted();
      if (!session) {
        const { threads, memory, folder } = settings;
        session = openSession({ threads, memory, spill: join(folder, 'spill') }, files);
        signal.addEventListener('abort', interrupt);
        return openTable(await session, names, signal);
      }
      return openTable(await (await session).beside(), names, signal);
    },
    close: async () => {
      signal.removeEventListener('abort', interrupt);
      // A session that could not be opened has thrown where it was asked for.
      (await session?.catch(() => null))?.close();
    },
  };
}
