/** `ratchet data push`, `fetch`, `pull` and `checkout`. */
import { checkOut } from '#adapters/dvc/data.ts';
import { fetchObjects, push } from '#adapters/dvc/transfer.ts';
import { grouped } from '#contracts/grouped.ts';
import { createOutput, type Output } from '../../kit/output.ts';
import { chosen, shown, withRemote, withRepository } from './open-repository.ts';

export interface MoveOptions {
  remote?: string;
  force?: boolean;
  json?: boolean;
}

export async function pushData(names: readonly string[], options: MoveOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('pushing', out, async (repository) => {
    const tracked = await chosen(repository, names);
    await withRemote(repository, options.remote, async (remote) => {
      const pushed = await push(repository, tracked, remote);
      out.object({ remote: remote.at, pushed });
      out.print(pushed === 0 ? `${remote.at} has everything.` : `${grouped(pushed)} objects went to ${remote.at}.`);
    });
  });
}

/** @param checkout false: into the cache alone */
export async function pullData(names: readonly string[], options: MoveOptions, checkout: boolean): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('fetching', out, async (repository) => {
    const tracked = await chosen(repository, names);
    await withRemote(repository, options.remote, async (remote) => {
      const fetched = await fetchObjects(repository, tracked, remote);
      out.print(fetched === 0 ? 'The cache has everything.' : `${grouped(fetched)} objects came from ${remote.at}.`);
      const changed = checkout ? await put(repository, tracked, options, out) : [];
      out.object({ remote: remote.at, fetched, ...(checkout ? { changed } : {}) });
    });
  });
}

export async function checkoutData(names: readonly string[], options: MoveOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('placing', out, async (repository) => {
    out.object({ changed: await put(repository, await chosen(repository, names), options, out) });
  });
}

async function put(
  repository: Parameters<typeof checkOut>[0],
  tracked: Awaited<ReturnType<typeof chosen>>,
  { force = false }: MoveOptions,
  out: Output,
): Promise<{ path: string; placed: number; removed: number }[]> {
  const changed = [];
  for (const each of tracked) {
    const done = await checkOut(repository, each, force);
    if (done.placed + done.removed === 0) continue;
    changed.push({ path: shown(each.path), ...done });
    out.print(`${shown(each.path)}: ${grouped(done.placed)} files placed, ${grouped(done.removed)} removed`);
  }
  if (changed.length === 0) out.print('All data is as it is tracked.');
  return changed;
}
