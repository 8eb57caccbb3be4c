/** The licences of what the package holds of other packages: whoever copies code copies its licence. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** Folders of the packages that modules of a build lie in, relative to its root; each once. */
export function packagesIn({ inputs }: Pick<Metafile, 'inputs'>): string[] {
  const folders = Object.keys(inputs).flatMap(
    (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? [],
  );
  return [...new Set(folders)];
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** Every licence's text once, below the names of the packages that have it. @param folders relative to `root` */
export function licencesOf(root: string, folders: readonly string[]): string {
  const named = new Map<string, Set<string>>();
  for (const folder of folders) {
    const {
      name,
      version,
      license = 'unknown',
    } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Package;
    const text = licenceText(join(root, folder)) ?? `${license}, as its package.json says; it comes without the text.`;
    named.set(text, (named.get(text) ?? new Set()).add(`${name} ${version}`));
  }
  const parts = [...named].map(([text, names]) => ({ text, names: [...names].toSorted() }));
  parts.sort((a, b) => ((a.names[0] ?? '') < (b.names[0] ?? '') ? -1 : 1));
  return `Parts of these packages are bundled with Ratchet.\n\n${parts
    .map(({ text, names }) => `${names.join(', ')}\n\n${text.trim()}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`)}`;
}

function licenceText(folder: string): string | null {
  if (!existsSync(folder)) return null;
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(each));
  return file === undefined ? null : readFileSync(join(folder, file), 'utf8');
}
