/**
 * The step host's program as one JavaScript file: built once from the sources beside this file in a clone (a child that
 * compiled TypeScript itself would start several times slower), found beside this file in an installed product.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeWhole } from '../code/code-store.ts';
import { sha256 } from '../code/sha256.ts';

/** There in an installed package only. */
const built = fileURLToPath(new URL('./child-bundle.mjs', import.meta.url));

let made: Promise<string> | undefined;

/** Path of the program; in a clone it is written below the project's `.ratchet/code`. */
export function childFile(root: string): Promise<string> {
  if (existsSync(built)) return Promise.resolve(built);
  made ??= compileChild();
  return made.then(async (code) => {
    const path = join(root, '.ratchet', 'code', `step-host-${sha256(code).slice(0, 16)}.mjs`);
    if (!existsSync(path)) await writeWhole(path, code);
    return path;
  });
}

/** The program, compiled from the sources of a clone. */
export async function compileChild(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('./child.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}
