import { join } from 'node:path';
import type { HostSettings } from './protocol.ts';
import { openSession, type Session } from './session.ts';

/** What every operation of the data host is given. */
export interface HostContext {
  readonly settings: HostSettings;
  readonly signal: AbortSignal;
}

export type WithSession = <T>(
  context: HostContext,
  files: readonly string[],
  work: (session: Session) => Promise<T>,
) => Promise<T>;

/** Opens a session for `work`, interrupts it on cancel and closes it. */
export const withSession: WithSession = async (context, files, work) => {
  context.signal.throwIfAborted();
  const { threads, memory, folder } = context.settings;
  const session = await openSession({ threads, memory, spill: join(folder, 'spill') }, files);
  const interrupt = () => session.connection.interrupt();
  context.signal.addEventListener('abort', interrupt);
  try {
    return await work(session);
  } finally {
    context.signal.removeEventListener('abort', interrupt);
    session.close();
  }
};
