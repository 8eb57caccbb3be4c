/** `ratchet data list`: what is tracked, file by file. */
import { contentsOf } from '#adapters/dvc/contents.ts';
import { grouped } from '#contracts/grouped.ts';
import { createOutput, table } from '../../kit/output.ts';
import { chosen, withRepository } from './open-repository.ts';

export async function listData(names: readonly string[], options: { json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('reading', out, async (repository) => {
    const { contents, unknown } = await contentsOf(repository, await chosen(repository, names));
    const files = contents.filter(({ path }) => !path.endsWith('/')).sort((a, b) => (a.path < b.path ? -1 : 1));
    out.object(files.map(({ path, md5, size }) => ({ isout: true, isdir: false, isexec: false, size, md5, path })));
    for (const folder of unknown)
      out.note(`${folder}: what it holds is not known here: \`ratchet data fetch\` brings it`);
    if (files.length === 0) return out.print('Nothing is tracked.');
    const rows = files.map(({ path, md5, size }) => [path, size === null ? '' : grouped(size), md5]);
    out.print(table(['path', 'bytes', 'md5'], rows, [1]));
  });
}
