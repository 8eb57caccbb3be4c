/** `ratchet data verify`: objects of the cache held against their names. */
import { contentsOf } from '#adapters/dvc/contents.ts';
import { hashFiles } from '#adapters/dvc/hashing.ts';
import { isThere, objectPath } from '#adapters/dvc/objects.ts';
import { grouped } from '#contracts/grouped.ts';
import { createOutput } from '../../kit/output.ts';
import { chosen, shown, withRepository } from './open-repository.ts';

/** A check that found something. */
const FOUND = 3;

export async function verifyData(names: readonly string[], options: { json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('reading', out, async (repository) => {
    const { cache } = repository.config;
    const { contents } = await contentsOf(repository, await chosen(repository, names));
    const objects = [...new Map(contents.map((each) => [each.md5, each])).values()].map(({ md5, path }) => ({
      ...{ md5, path },
      object: objectPath(cache, md5),
    }));
    const there = await Promise.all(objects.map(({ object }) => isThere(object)));
    const present = objects.filter((_, at) => there[at]);
    const absent = objects.filter((_, at) => !there[at]);
    const jobs = present.map(({ object }) => ({ path: object, cache: null }));
    const hashed = await hashFiles(jobs, repository.signal, (done) => repository.progress(done, jobs.length));
    const damaged = present.filter(({ md5 }, at) => hashed[at]?.md5 !== md5.slice(0, 32));
    const told = (some: typeof objects) => some.map(({ path, md5 }) => ({ path, md5 }));
    out.object({ whole: present.length - damaged.length, damaged: told(damaged), absent: told(absent) });
    for (const { path, object } of damaged)
      out.print(`damaged  ${path}: remove ${shown(object)}, and \`ratchet data fetch\` brings it`);
    out.print(
      `${grouped(present.length - damaged.length)} objects are whole, ${grouped(damaged.length)} damaged, ${grouped(absent.length)} not in the cache.`,
    );
    if (damaged.length > 0) process.exitCode = FOUND;
  });
}
