/** The package.json of the built package: what users of it need of ours. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param needed whether the built code still asks for a package of that name: others are in it */
export function packageManifest(root: string, needed: (name: string) => boolean): Record<string, unknown> {
  const { name, version, description, license, type, engines, dependencies, devDependencies, exports } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as { [key in 'exports' | 'dependencies' | 'devDependencies']: Record<string, string> } & Record<string, unknown>;
  const built = Object.entries(exports).map(([path, source]) => {
    const stem = source.replace(/\.ts$/, '');
    return [path, { types: `${stem}.d.ts`, default: `${stem}.js` }];
  });
  return {
    ...{ name, version, description, license, type, engines },
    bin: { ratchet: 'bin.mjs' },
    exports: Object.fromEntries(built),
    dependencies: Object.fromEntries(Object.entries(dependencies).filter(([name]) => needed(name))),
    // Its environment is handed to `simulate` of ratchet-ml/testing by the test that makes it, and by no other.
    peerDependencies: { '@temporalio/testing': devDependencies['@temporalio/testing'] },
    peerDependenciesMeta: { '@temporalio/testing': { optional: true } },
  };
}
