/** Who of the product's processes is who: by their parents and their command lines. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import { shimsOf } from '#adapters/process/lost-shims.ts';
import type { World } from '../../world/world.ts';
import type { PartHit } from './draw.ts';

const textOf = (path: string) => readFile(path, 'utf8').catch(() => '');

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => textOf(`/proc/${pid}/task/${thread}/children`)));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

async function descendantsOf(pid: number): Promise<number[]> {
  const children = await childrenOf(pid);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

/** Of a worker's own processes, by their command lines. */
const ofWorker: Partial<Record<PartHit, RegExp>> = {
  'step host': /step-host-/,
  planner: /step-host-/,
  'data host': /duckdb\/host-main/,
  bundler: /esbuild/,
  predictor: /predict_server|predict\.py/,
};

/** Process groups (negative) or processes to signal; none while the part does not run. */
export async function pidsOf(world: World, runId: string, who: PartHit): Promise<number[]> {
  if (who === 'mlflow' || who === 'object-store' || who === 'temporal') {
    const pid = world.pid(who);
    return pid === null ? [] : [-pid];
  }
  if (who === 'keeper' || who === 'trainer') {
    const shims = (await shimsOf(join(world.root, '.ratchet', 'jobs', jobId(runId, 'train')))).map(({ pid }) => pid);
    return who === 'keeper' ? shims : (await Promise.all(shims.map(childrenOf))).flat();
  }
  const worker = world.pid('worker-1');
  if (worker === null) return [];
  if (who === 'worker') return [worker];
  const pids = await descendantsOf(worker);
  const matching = await Promise.all(
    pids.map(async (pid) => (ofWorker[who]?.test(await textOf(`/proc/${pid}/cmdline`)) ? [pid] : [])),
  );
  return matching.flat();
}

/** Processes that a folder's jobs or servers left: keepers, trainers, and whatever they started. */
export async function leftOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc'))
    if (/^\d+$/.test(pid) && Number(pid) !== process.pid) {
      const command = (await textOf(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim();
      if (command.includes(folder) || (await textOf(`/proc/${pid}/environ`)).includes(`RATCHET_JOB=${folder}`))
        found.push(`${pid} ${command.slice(0, 120)}`);
    }
  return found;
}
