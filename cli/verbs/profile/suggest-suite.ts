/** `ratchet profile --suggest`. */
import { writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { Expectation } from '#contracts/validation.ts';
import { toGreatExpectations } from '#measures/expectations/great-expectations.ts';
import { suggestSuite } from '#measures/expectations/suggest.ts';
import { withDatasets } from '../../kit/datasets.ts';
import { refuseUnwritable } from '../../kit/given-file.ts';
import { createOutput } from '../../kit/output.ts';
import { readingOf } from '../../kit/reading-options.ts';
import type { ProfileOptions } from './options.ts';
import { suiteModule } from './suite-module.ts';

export async function suggestFor(data: string, options: ProfileOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  if (options.out && !/\.(json|ts)$/.test(options.out))
    throw new UserError('InvalidInput', `--out ${options.out}: a suite is written as .json or .ts`);
  await refuseUnwritable('--out', options.out);
  const expectations = await withDatasets(
    [data],
    { format: options.format, reading: readingOf(options), out },
    async (opened) => {
      const { files = [], shape: known } = opened.datasets[0] ?? {};
      if (out.live) out.note(`looking at ${data} …`);
      const shape = known ?? (await opened.tables.shape(files, opened.signal));
      return suggestSuite(files, shape, opened.tables, opened.signal);
    },
  );
  const name = basename(data).replace(/\.[^.]*$/, '') || 'suite';
  const suite = toGreatExpectations(
    name,
    expectations.map((each) => Expectation.parse(each)),
  );
  const json = `${JSON.stringify(suite, null, 2)}\n`;
  if (options.out === undefined) {
    createOutput(true).object(suite);
    return;
  }
  const path = resolve(options.out);
  await writeFile(path, options.out.endsWith('.ts') ? suiteModule(data, expectations) : json);
  out.object(suite);
  out.print(`${expectations.length} expectations in ${path}`);
}
