/** DVC's configuration: `.dvc/config`, over it `.dvc/config.local`, below it the user's own. Paths are of the file that says them. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'ini';
import { UserError } from '#contracts/failures.ts';

interface DvcRemote {
  readonly name: string;
  /** `s3://bucket/prefix`, or an absolute path. */
  readonly url: string;
  readonly settings: Readonly<Record<string, string>>;
}
export interface DvcConfig {
  /** Absolute. */
  readonly cache: string;
  /** In this order: reflink, hardlink, symlink, copy. */
  readonly links: readonly LinkType[];
  readonly defaultRemote: string | null;
  readonly remotes: ReadonlyMap<string, DvcRemote>;
}
const linkTypes = ['reflink', 'hardlink', 'symlink', 'copy'] as const;
export type LinkType = (typeof linkTypes)[number];
const isLinkType = (text: string): text is LinkType => (linkTypes as readonly string[]).includes(text);

type Sections = Map<string, Map<string, string>>;

/** @param root of the repository. @throws UserError InvalidInput for a setting that is not understood */
export async function readConfig(root: string, env = process.env): Promise<DvcConfig> {
  const user = join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'dvc', 'config');
  const merged: Sections = new Map();
  for (const file of [user, join(root, '.dvc', 'config'), join(root, '.dvc', 'config.local')])
    for (const [section, values] of await sectionsOf(file)) {
      const there = merged.get(section) ?? new Map<string, string>();
      for (const [key, value] of values) there.set(key, value);
      merged.set(section, there);
    }
  const cache = merged.get('cache');
  const remotes = new Map<string, DvcRemote>();
  for (const [section, values] of merged) {
    const name = /^remote "(.+)"$/.exec(section)?.[1];
    const url = values.get('url');
    if (name !== undefined && url !== undefined)
      remotes.set(name, { name, url, settings: Object.fromEntries([...values].filter(([key]) => key !== 'url')) });
  }
  const links = (cache?.get('type') ?? 'reflink,copy').split(',').map((each) => each.trim());
  const other = links.find((each) => !isLinkType(each));
  if (other !== undefined)
    throw new UserError('InvalidInput', `cache.type is ${other}; there are ${linkTypes.join(', ')}`);
  return {
    cache: cache?.get('dir') ?? join(root, '.dvc', 'cache'),
    links: links.filter(isLinkType),
    defaultRemote: merged.get('core')?.get('remote') ?? null,
    remotes,
  };
}

async function sectionsOf(file: string): Promise<Sections> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw new UserError('InvalidInput', `${file} cannot be read: ${error.message}`);
  });
  const sections: Sections = new Map();
  if (text !== null) collect(parse(text), '', sections);
  const folder = dirname(file);
  for (const [section, values] of sections) {
    const key = section === 'cache' ? 'dir' : section.startsWith('remote ') ? 'url' : null;
    const path = key === null ? undefined : values.get(key);
    if (key !== null && path !== undefined && !/^[a-z0-9+]+:\/\//i.test(path) && !isAbsolute(path))
      values.set(key, resolve(folder, path));
  }
  return sections;
}

/** The library takes a dot in a section's name for a step into another one. */
function collect(values: object, section: string, sections: Sections): void {
  for (const [key, value] of Object.entries(values)) {
    if (typeof value === 'object' && value !== null)
      collect(value, section === '' ? key : `${section}.${key}`, sections);
    else {
      const there = sections.get(section) ?? new Map<string, string>();
      sections.set(section, there.set(key, String(value)));
    }
  }
}
