/** What goes wrong between us and PostgreSQL, in words that say what to do. Classes of errors are those of SQLSTATE. */
import { DatabaseError } from 'pg';
import { UserError } from '#contracts/failures.ts';

/** @param name of the connection: its address may hold a password */
export function explained(error: unknown, name: string): UserError {
  if (error instanceof UserError) return error;
  const words = (error instanceof Error ? error.message || String(Reflect.get(error, 'code')) : String(error)).slice(
    0,
    600,
  );
  if (!(error instanceof DatabaseError))
    return new UserError(
      'OutsideUnreachable',
      `the database of ${name} cannot be reached (${words}): start it, or correct the address in ${name}; then ask again`,
    );
  const state = error.code ?? '';
  const hint = error.hint ? ` (${error.hint})` : '';
  if (/^28/.test(state) || state === '3D000')
    return new UserError('OutsideRefused', `the database of ${name} lets nobody in (${words}): correct ${name}`);
  if (/^(08|57P|53)/.test(state))
    return new UserError('OutsideUnreachable', `the database of ${name} is not ready (${words}): ask again later`);
  if (state === '25006')
    return new UserError('InvalidInput', `${name}: ${words}: a source is read, and nothing there is changed by it`);
  return new UserError('InvalidInput', `${name}: ${words}${hint}`);
}
