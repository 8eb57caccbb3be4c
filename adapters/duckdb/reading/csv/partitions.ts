import { UserError } from '#contracts/failures.ts';

/**
 * What `name=value` folders of a path say, outermost first; `__HIVE_DEFAULT_PARTITION__` is the empty text.
 * @param label a path, or a key of a store; its last part is the file's own name
 * @throws UserError DataInvalid for a name that stands twice
 */
export function partitionsOf(label: string): (readonly [string, string])[] {
  const found = label
    .split('/')
    .slice(0, -1)
    .flatMap((part): (readonly [string, string])[] => {
      const [, name, value] = /^([^=]+)=(.*)$/.exec(part) ?? [];
      if (name === undefined || value === undefined) return [];
      return [[unescaped(name), value === '__HIVE_DEFAULT_PARTITION__' ? '' : unescaped(value)]];
    });
  const seen = new Set<string>();
  for (const [name] of found) {
    if (seen.has(name.toLowerCase()))
      throw new UserError(
        'DataInvalid',
        `${label}: two folders of the path name ${name}; read it without hivePartitions`,
      );
    seen.add(name.toLowerCase());
  }
  return found;
}

/** Hive writes what a path cannot hold as %2F. */
function unescaped(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
