/** The package.json of the built package: what users of it need of ours. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function packageManifest(root: string): Record<string, unknown> {
  const { name, version, description, license, type, engines, dependencies, exports } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as { exports: Record<string, string>; dependencies: Record<string, string> } & Record<string, unknown>;
  const built = Object.entries(exports).map(([path, source]) => {
    const stem = source.replace(/\.ts$/, '');
    return [path, { types: `${stem}.d.ts`, default: `${stem}.js` }];
  });
  return {
    ...{ name, version, description, license, type, engines },
    bin: { ratchet: 'bin.mjs' },
    exports: Object.fromEntries(built),
    // Only a clone runs TypeScript as it is; what is used of @stdlib is in the modules that use it.
    dependencies: Object.fromEntries(Object.entries(dependencies).filter(([name]) => !/^(tsx$|@stdlib\/)/.test(name))),
  };
}
