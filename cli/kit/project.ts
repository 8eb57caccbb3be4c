/** Where the project is, and how its worker is started. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The nearest folder, from here up, that holds `pipelines/` or `.ratchet/`; else this one. RATCHET_ROOT says otherwise. */
export function projectRoot(from = process.cwd(), env = process.env): string {
  if (env.RATCHET_ROOT) return resolve(env.RATCHET_ROOT);
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'pipelines')) || existsSync(join(folder, '.ratchet'))) return folder;
    if (dirname(folder) === folder) return resolve(from);
  }
}

/** argv of a worker process: the sources through tsx in a clone, built JavaScript in an installed package. */
export function workerCommand(): string[] {
  const main = fileURLToPath(new URL('../../workers/main.ts', import.meta.url));
  return [process.execPath, ...(main.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : []), main];
}
