import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';

export const hasGlob = (pattern: string) => /[*?]/.test(pattern);

/** `*` and `?` within one name, `**` over folders. A wildcard does not match a leading dot. */
export function globPattern(pattern: string): RegExp {
  const parts = pattern.split('/').map((part, index, all) => {
    if (part === '**') return index === all.length - 1 ? '(?:(?!\\.)[^/]+/)*(?!\\.)[^/]+' : '(?:(?!\\.)[^/]+/)*';
    const text = part
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '[^/]*')
      .replace(/\?/g, '[^/]');
    return `${/^[*?]/.test(part) ? '(?!\\.)' : ''}${text}${index === all.length - 1 ? '' : '/'}`;
  });
  return new RegExp(`^${parts.join('')}$`);
}

/** Absolute paths of the files under `folder` that match, in the order of their names. */
export async function glob(folder: string, pattern: string): Promise<string[]> {
  const segments = pattern.split('/');
  const fixed = segments.slice(0, Math.min(segments.findIndex(hasGlob), segments.length - 1));
  const root = join(folder, ...fixed);
  const expression = globPattern(segments.slice(fixed.length).join('/'));
  const deep = segments.includes('**') || segments.length - fixed.length > 1;
  const entries = await readdir(root, { withFileTypes: true, recursive: deep }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) =>
      expression.test(
        path
          .slice(root.length + 1)
          .split(sep)
          .join('/'),
      ),
    )
    .sort((a, b) => (a < b ? -1 : 1));
}
