/** Finds lines of a test file by a comment on them, so that a test can say where an error must point. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '#contracts/failures.ts';

/** `at('here')` → `test/unit/authoring/x.test.ts:12`, the only line that ends with `// here`. */
export function placesIn(moduleUrl: string): (marker: string) => string {
  const file = fileURLToPath(moduleUrl);
  const lines = readFileSync(file, 'utf8').split('\n');
  return (marker) => {
    const found = lines.flatMap((line, index) => (line.endsWith(`// ${marker}`) ? [index + 1] : []));
    if (found.length !== 1) throw new Error(`${found.length} lines end with "// ${marker}"`);
    return `${relative(process.cwd(), file)}:${found[0]}`;
  };
}

/** The UserError that `body` throws; fails when it throws none or something else. */
export function userError(body: () => unknown): UserError {
  try {
    body();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw new Error('not a UserError', { cause: error });
  }
  throw new Error('nothing was thrown');
}
