/** Which files decide how a project's imports are resolved, beside the one that lies in a folder. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const EXTENDED = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/g;
/** A path that leads to several places is looked for in each: which of them have it is known to the file system alone. */
const SEVERAL_PLACES = /"paths"\s*:\s*\{[^}]*\[[^\]]*,/;

/**
 * Paths at which a `tsconfig.json` finds, or may come to find, what it extends, and so on from there.
 * @returns null where the files do not tell what is found
 */
export function extendedBy(path: string, seen = new Set<string>()): string[] | null {
  if (seen.has(path)) return [];
  seen.add(path);
  const text = textOf(path);
  if (text === null) return [];
  if (SEVERAL_PLACES.test(text)) return null;
  const found: string[] = [];
  for (const [, value = ''] of text.matchAll(EXTENDED))
    for (const [, target = ''] of value.matchAll(/"([^"]+)"/g)) {
      const places = placesOf(path, target);
      const behind = places.map((place) => extendedBy(place, seen));
      if (behind.includes(null)) return null;
      found.push(...places, ...behind.flatMap((each) => each ?? []));
    }
  return found;
}

function placesOf(path: string, target: string): string[] {
  const folders: string[] = [];
  if (/^\.{0,2}\//.test(target) || target === '.' || target === '..') folders.push(dirname(path));
  else
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      folders.push(join(folder, 'node_modules'));
      if (folder === dirname(folder)) break;
    }
  return folders.flatMap((folder) => {
    const place = resolve(folder, target);
    return [place, `${place}.json`, join(place, 'tsconfig.json'), join(place, 'package.json')];
  });
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
