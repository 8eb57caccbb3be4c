/** `ratchet data push`, `fetch`, `pull` and `checkout`. */
import { checkOut } from '#adapters/dvc/checkout.ts';
import type { Repository, TrackedPath } from '#adapters/dvc/data.ts';
import { madeByRuns, pullRuns, pushRuns } from '#adapters/dvc/pipeline/share-runs.ts';
import { fetchObjects, push, type Remote } from '#adapters/dvc/transfer.ts';
import { grouped } from '#contracts/grouped.ts';
import { createOutput, type Output } from '../../kit/output.ts';
import { chosen, shown, withRemote, withRepository } from './open-repository.ts';

export interface MoveOptions {
  remote?: string;
  force?: boolean;
  runCache?: boolean;
  json?: boolean;
}

export async function pushData(names: readonly string[], options: MoveOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('pushing', out, async (repository) => {
    let all = 0;
    const at = await byRemote(repository, await chosen(repository, names), options, async (tracked, remote) => {
      const made = options.runCache ? await madeByRuns(repository) : [];
      const pushed = await push(repository, [...tracked, ...made], remote);
      all += pushed;
      if (options.runCache) out.print(`${grouped(await pushRuns(repository, remote))} runs went to ${remote.at}.`);
      out.print(pushed === 0 ? `${remote.at} has everything.` : `${grouped(pushed)} objects went to ${remote.at}.`);
    });
    out.object({ remotes: at, pushed: all });
  });
}

/** @param checkout false: into the cache alone */
export async function pullData(names: readonly string[], options: MoveOptions, checkout: boolean): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('fetching', out, async (repository) => {
    const tracked = await chosen(repository, names);
    let all = 0;
    const at = await byRemote(repository, tracked, options, async (some, remote) => {
      let fetched = await fetchObjects(repository, some, remote);
      if (options.runCache) {
        const runs = await pullRuns(repository, remote);
        fetched += await fetchObjects(repository, await madeByRuns(repository, runs), remote, true);
        out.print(`${grouped(runs.length)} runs came from ${remote.at}.`);
      }
      all += fetched;
      out.print(fetched === 0 ? 'The cache has everything.' : `${grouped(fetched)} objects came from ${remote.at}.`);
    });
    const changed = checkout ? await put(repository, tracked, options, out) : [];
    out.object({ remotes: at, fetched: all, ...(checkout ? { changed } : {}) });
  });
}

export async function checkoutData(names: readonly string[], options: MoveOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('placing', out, async (repository) => {
    out.object({ changed: await put(repository, await chosen(repository, names), options, out) });
  });
}

/** What names a remote of its own goes there and comes from there, as with DVC, unless `--remote` says another one. */
async function byRemote(
  repository: Repository,
  tracked: readonly TrackedPath[],
  options: MoveOptions,
  work: (tracked: readonly TrackedPath[], remote: Remote) => Promise<void>,
): Promise<string[]> {
  const groups = new Map<string | undefined, TrackedPath[]>();
  for (const each of tracked) {
    const name = options.remote ?? each.out.remote;
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  const at: string[] = [];
  for (const [name, some] of groups)
    await withRemote(repository, name, async (remote) => {
      at.push(remote.at);
      await work(some, remote);
    });
  return at;
}

async function put(
  repository: Repository,
  tracked: readonly TrackedPath[],
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
