/** What pipelines say of themselves that no run could fill: each graph is built once, with the params' defaults, as of now. */

import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { WatchPolicy } from '#contracts/watch.ts';
import { emptyHoldouts } from '#decisions/empty-holdout.ts';
import { each } from '../each.ts';
import { StepHosts } from '../step-host/pool.ts';
import { bundlePipeline } from './bundle.ts';
import { writeWhole } from './code-store.ts';
import type { PipelineFolder } from './find-pipelines.ts';

interface Foreseen {
  readonly pipeline: string;
  /** `file:line`, relative to the project; null where the message says it. */
  readonly at: string | null;
  readonly message: string;
}

const AT_ONCE = 2;

/** A pipeline that cannot be loaded, or whose graph is wrong, is told with its own message. Params without a default: its windows are not known. */
export async function foreseenEmptyHoldouts(root: string, pipelines: readonly PipelineFolder[]): Promise<Foreseen[]> {
  return (await each(AT_ONCE, pipelines, (pipeline) => foreseen(root, pipeline))).flat();
}

async function foreseen(root: string, pipeline: PipelineFolder): Promise<Foreseen[]> {
  // Where runs keep it, too: source maps and packages that stayed outside are found from there.
  const pathOf = (digest: string) => join(root, '.ratchet', 'code', `${digest}.mjs`);
  const hosts = new StepHosts({ root, bundlePath: async (digest) => pathOf(digest), size: 1 });
  try {
    const { digest, code } = await bundlePipeline(root, pipeline);
    await writeWhole(pathOf(digest), code);
    const asOf = new Date().toISOString();
    const { graph, loaded } = await hosts.compile({ bundle: digest }, { params: {}, champion: null, asOf });
    const watch = WatchPolicy.safeParse(loaded.watch).data;
    return emptyHoldouts(graph, watch?.labelsAfter ?? null).map((found) => ({ pipeline: pipeline.name, ...found }));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.type === 'InvalidPipeline' ? [{ pipeline: pipeline.name, at: null, message: error.message }] : [];
  } finally {
    await hosts.close();
  }
}
