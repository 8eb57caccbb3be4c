/** `.dvcignore`: patterns as Git's, each of the folder that its file lies in. */
import { join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import type { ReadText } from './read-text.ts';

/** Never data, whatever a pattern says. */
const ALWAYS = new Set(['.git', '.hg', '.dvc']);

export interface Ignored {
  /** @param path absolute */
  has(path: string, isFolder: boolean): boolean;
  /** With what the folder's own file says. */
  within(folder: string): Promise<Ignored>;
}

interface Rules {
  readonly folder: string;
  readonly rules: Ignore;
}

/** @param root absolute; what its own `.dvcignore` says counts */
export const ignoredBelow = (root: string, read: ReadText): Promise<Ignored> => ignoredBy([], read).within(root);

function ignoredBy(all: readonly Rules[], read: ReadText): Ignored {
  return {
    has(path, isFolder) {
      const name = path.slice(path.lastIndexOf(sep) + 1);
      if (ALWAYS.has(name)) return true;
      // The nearest file that says anything of it decides.
      for (const { folder, rules } of all) {
        const own = relative(folder, path).split(sep).join('/');
        const { ignored, unignored } = rules.test(isFolder ? `${own}/` : own);
        if (ignored) return true;
        if (unignored) return false;
      }
      return false;
    },
    async within(folder) {
      const text = await read(join(folder, '.dvcignore')).catch(() => null);
      return ignoredBy(text === null ? all : [{ folder, rules: ignore().add(text) }, ...all], read);
    },
  };
}
