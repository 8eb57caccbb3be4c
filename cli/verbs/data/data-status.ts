/** `ratchet data status`: what differs from what `.dvc` files say, as `dvc status` names it. */
import { relative, sep } from 'node:path';
import { statusOf } from '#adapters/dvc/data.ts';
import pc from '../../kit/color.ts';
import { createOutput } from '../../kit/output.ts';
import { chosen, withRepository } from './open-repository.ts';

export async function dataStatus(
  names: readonly string[],
  options: { json?: boolean; quiet?: boolean },
): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('hashing', out, async (repository) => {
    const told: Record<string, [{ 'changed outs': Record<string, string> }]> = {};
    const inRoot = (path: string) => relative(repository.root, path).split(sep).join('/');
    for (const each of await chosen(repository, names)) {
      const status = await statusOf(repository, each);
      if (status === null) continue;
      const file = inRoot(each.file);
      told[file] = [{ 'changed outs': { ...told[file]?.[0]['changed outs'], [inRoot(each.path)]: status } }];
    }
    out.object(told);
    if (options.quiet && Object.keys(told).length > 0) process.exitCode = 1;
    if (options.quiet) return;
    if (Object.keys(told).length === 0) out.print('All data is as it is tracked.');
    for (const [file, [{ 'changed outs': outs }]] of Object.entries(told)) {
      out.print(`${file}:`);
      for (const [path, status] of Object.entries(outs)) out.print(`  ${pc.yellow(status.padEnd(12))} ${path}`);
    }
  });
}
