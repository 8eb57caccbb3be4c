/** `ratchet data status`: what differs from what `.dvc` files and dvc.lock say, as `dvc status` names it. */
import { relative, sep } from 'node:path';
import { statusOf } from '#adapters/dvc/data.ts';
import { entryOf, lockOf, readLock } from '#adapters/dvc/pipeline/lock-file.ts';
import { looksIn } from '#adapters/dvc/pipeline/looks.ts';
import { stageStatus, statusJson } from '#adapters/dvc/pipeline/stage-status.ts';
import pc from '../../kit/color.ts';
import { createOutput } from '../../kit/output.ts';
import { chosenForStatus, withRepository } from './open-repository.ts';

export async function dataStatus(
  names: readonly string[],
  options: { json?: boolean; quiet?: boolean },
): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('hashing', out, async (repository) => {
    const told: Record<string, unknown[]> = {};
    const inRoot = (path: string) => relative(repository.root, path).split(sep).join('/');
    const { stages, data } = await chosenForStatus(repository, names);
    const looks = looksIn(repository);
    for (const stage of stages) {
      const lock = lockOf(stage);
      const entry = entryOf(await readLock(lock, inRoot(lock)), stage.name);
      const status = statusJson(await stageStatus(repository, stage, entry, looks));
      if (status !== null) told[stage.address] = status;
    }
    const outs = new Map<string, Record<string, string>>();
    for (const each of data) {
      const status = await statusOf(repository, each);
      if (status !== null) outs.set(inRoot(each.file), { ...outs.get(inRoot(each.file)), [inRoot(each.path)]: status });
    }
    for (const [file, changed] of outs) told[file] = [{ 'changed outs': changed }];
    out.object(told);
    if (options.quiet && Object.keys(told).length > 0) process.exitCode = 1;
    if (options.quiet) return;
    if (Object.keys(told).length === 0) out.print('All is as it is tracked.');
    for (const [name, changes] of Object.entries(told)) {
      out.print(`${name}:`);
      for (const change of changes)
        if (typeof change === 'string') out.print(`  ${pc.yellow(change)}`);
        else for (const [kind, paths] of Object.entries(change as object)) printed(kind, paths as object, out.print);
    }
  });
}

function printed(kind: string, paths: object, print: (line: string) => void): void {
  const of = kind.replace('changed ', '').replace(/s$/, '');
  for (const [path, status] of Object.entries(paths))
    if (typeof status === 'string') print(`  ${pc.yellow(status.padEnd(12))} ${of} ${path}`);
    else
      for (const [key, each] of Object.entries(status as object))
        print(`  ${pc.yellow(String(each).padEnd(12))} param ${key} of ${path}`);
}
