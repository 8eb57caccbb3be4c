/** Databases by the environment variable that holds their address: definitions name the variable, and no secret. */
import { UserError } from '#contracts/failures.ts';
import type { Databases } from '#ports/queries.ts';
import { secret } from './secret.ts';

/** @param env `NAME`, or `NAME_FILE` with the path of a file that holds it */
export const databasesOf =
  (env: NodeJS.ProcessEnv): Databases =>
  async (name) => {
    const address = secret(name, env);
    if (!address)
      throw new UserError(
        'InvalidInput',
        `${name} is not set: a source is read from the database that it names. Set it to postgres://user:password@host:5432/database where this runs, or ${name}_FILE to a file that holds that`,
      );
    const { openPostgres } = await import('#adapters/postgres/database.ts');
    return openPostgres(address, name);
  };
