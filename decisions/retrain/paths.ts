/** Which changed paths a glob means: `*` within a folder, `**` across folders, `?` one character. */
import { ANY_PATH } from '#contracts/loop/evidence.ts';

const special = /[.+^${}()|[\]\\]/g;

/** @internal */
export function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/^\.?\//, '')
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => {
      if (part === '**/') return '(?:.*/)?';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      return part === '?' ? '[^/]' : part.replace(special, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
}

/** Those of `paths` that one of the globs matches. A path that ends in `/` tells a whole folder: it may hold a match, and `/` alone may be any path. */
export function matching(paths: readonly string[], globs: readonly string[]): string[] {
  const patterns = globs.map((glob) => ({ pattern: globPattern(glob), fixed: glob.replace(/[*?].*$/, '') }));
  return paths.filter((path) =>
    patterns.some(
      ({ pattern, fixed }) =>
        path === ANY_PATH ||
        pattern.test(path) ||
        (path.endsWith('/') && (path.startsWith(fixed) || fixed.startsWith(path))),
    ),
  );
}
