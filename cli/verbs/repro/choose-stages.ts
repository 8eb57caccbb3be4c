/** Which stages a person means. */
import { relative, sep } from 'node:path';
import type { Stage } from '#adapters/dvc/pipeline/stage.ts';
import { UserError } from '#contracts/failures.ts';
import { nearest } from '#contracts/nearest.ts';

/** @param names addresses, groups, or dvc.yaml files; none: all. @throws UserError InvalidInput for one that is none of them */
export function chooseStages(stages: readonly Stage[], names: readonly string[], root: string): Stage[] {
  if (names.length === 0) return [...stages];
  return names.flatMap((name) => {
    const found = stages.filter(
      ({ address, file }) =>
        address === name || address.startsWith(`${name}@`) || relative(root, file).split(sep).join('/') === name,
    );
    if (found.length > 0) return found;
    const all = stages.map(({ address }) => address);
    const close = nearest(name, all);
    throw new UserError(
      'InvalidInput',
      `there is no stage ${name}${close === null ? '' : `; there is ${close}, if that is meant`}${
        close === null && all.length > 0
          ? `; there are ${all.slice(0, 10).join(', ')}${all.length > 10 ? ', …' : ''}`
          : ''
      }`,
    );
  });
}
