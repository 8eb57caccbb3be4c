/** `ratchet features import`. */
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { readFeastRepository } from '#adapters/feast/repository.ts';
import { UserError } from '#contracts/failures.ts';
import pc from '../../../kit/color.ts';
import { createOutput } from '../../../kit/output.ts';
import { readDefinitions } from '../read-definitions.ts';
import { carryOver } from './carry-over.ts';
import { definitionsText } from './definitions-text.ts';

export interface ImportOptions {
  out: string;
  python: string;
  json?: boolean;
}

export async function importRepository(given: string, options: ImportOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  const folder = resolve(given);
  if (!kindOf(join(folder, 'feature_store.yaml'))?.isFile())
    throw new UserError(
      'InvalidInput',
      `${given} has no feature_store.yaml: name the folder of a Feast repository (feature_repo/, where \`feast apply\` is run)`,
    );
  const file = resolve(options.out);
  if (kindOf(file)) throw new UserError('InvalidInput', `${options.out} is there already: name another file, --out`);
  if (!kindOf(dirname(file))?.isDirectory())
    throw new UserError('InvalidInput', `there is no folder ${dirname(options.out)} for ${options.out}: make it first`);

  out.note(`Running the definitions of ${given} in ${options.python} …`);
  const repository = await readFeastRepository(folder, options.python);
  const carried = carryOver(repository, {
    from: folder,
    to: dirname(file),
    isFolder: (path) => kindOf(path)?.isDirectory() ?? false,
  });
  const { entities, views, services, functions, leftOut } = carried;
  if (views.length === 0)
    throw new UserError(
      'InvalidInput',
      [`nothing of ${given} is carried over`, ...leftOut.map(({ what, why }) => `  ${what}: ${why}`)].join('\n'),
    );
  // Another one that has made it meanwhile keeps it.
  await writeFile(file, definitionsText(carried, `Feast ${repository.feast}, project ${repository.project}`), {
    flag: 'wx',
  });
  await readDefinitions(file);

  out.object({
    file,
    entities: entities.map(({ name }) => name),
    views: views.map(({ name }) => name),
    services: services.map(({ name }) => name),
    onDemand: functions.map(({ name }) => name),
    leftOut,
  });
  out.print(
    `Wrote ${shown(file)}: ${counted(entities.length, 'entity', 'entities')}, ${counted(views.length, 'view')}, ${counted(services.length, 'service')}`,
  );
  if (leftOut.length > 0)
    out.print(`${pc.yellow('Not carried over:')}\n${leftOut.map(({ what, why }) => `  ${what}: ${why}`).join('\n')}`);
  const where = options.out === 'features.ts' ? '' : ` --definitions ${shown(file)}`;
  out.print(
    `\nNext:  ratchet features list${where}\n       ratchet features history --entities rows.parquet --time event_timestamp --service … --out train.parquet${where}`,
  );
}

const kindOf = (path: string) => statSync(path, { throwIfNoEntry: false });
const shown = (file: string) => relative(process.cwd(), file) || file;
const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
