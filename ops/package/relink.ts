/** A module's own imports, as they are named in the built tree. */
import { posix } from 'node:path';

/** `from "#contracts/x.ts"`, `import("./y.ts")`, `new URL("./z.ts", import.meta.url)`. */
const OWN = /((?:\bfrom|\bimport|\bimport\(|\bnew URL\()\s*)(["'])(#|\.{1,2}\/)([^"'\n]+)\.ts\2/g;

/** `#folder/x.ts` and `./x.ts` become relative paths of `.js` files. `path` of the module is relative to the root. */
export function relink(code: string, path: string): string {
  return code.replace(OWN, (_, before: string, quote: string, kind: string, rest: string) => {
    const target = kind === '#' ? rest : posix.join(posix.dirname(path), kind, rest);
    const relative = posix.relative(posix.dirname(path), target);
    return `${before}${quote}${relative.startsWith('.') ? relative : `./${relative}`}.js${quote}`;
  });
}
