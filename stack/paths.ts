import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Everything that the embedded stack of one project writes lies below `<root>/.ratchet`. */
export type StackPaths = {
  root: string;
  folder: string;
  stackFile: string;
  lock: string;
  credentials: string;
  data(part: string): string;
  log(part: string): string;
};

export function stackPaths(root: string): StackPaths {
  const folder = join(resolve(root), '.ratchet');
  return {
    root: resolve(root),
    folder,
    stackFile: join(folder, 'stack.json'),
    lock: join(folder, 'stack.lock'),
    credentials: join(folder, 'credentials.json'),
    data: (part) => join(folder, 'data', part),
    log: (part) => join(folder, 'logs', `${part}.log`),
  };
}

/** Makes the folders, for their owner alone, and keeps them out of the project's version control. */
export function makeStackFolders(paths: StackPaths): void {
  for (const folder of [paths.folder, join(paths.folder, 'data'), join(paths.folder, 'logs')])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(paths.folder, '.gitignore'), '*\n');
}
