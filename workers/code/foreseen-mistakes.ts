/** What no run of a pipeline could do, by what the pipeline says: each graph is built once, with the params' defaults, as of now. */
import { join } from 'node:path';
import type { CompiledGraph } from '#contracts/compiled.ts';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import { WatchPolicy } from '#contracts/watch.ts';
import { emptyHoldouts } from '#decisions/empty-holdout.ts';
import { StepHosts } from '../step-host/pool.ts';
import { bundlePipeline } from './bundle.ts';
import { writeWhole } from './code-store.ts';
import type { PipelineFolder } from './find-pipelines.ts';
import { strangeMetrics } from './metric-names.ts';
import { missingFiles } from './missing-files.ts';

interface Mistake {
  /** `file:line`, relative to the project; null where the message says it. */
  readonly at: string | null;
  readonly message: string;
}

/** Of one pipeline. */
export interface Foreseen {
  readonly pipeline: string;
  readonly mistakes: readonly Mistake[];
  /** What could not be looked at, and why. */
  readonly notes: readonly string[];
}

/** How the columns of its data are looked at. */
export type LookAtColumns = (
  pipeline: string,
  graph: CompiledGraph,
  watch: WatchPolicy | null,
) => Promise<{ readonly problems: readonly Mistake[]; readonly notes: readonly string[] }>;

const AT_ONCE = 2;

/** A pipeline that cannot be loaded, or whose graph is wrong, is told with its own message. */
export async function foreseenMistakes(
  root: string,
  pipelines: readonly PipelineFolder[],
  columns: LookAtColumns,
): Promise<Foreseen[]> {
  return each(AT_ONCE, pipelines, (pipeline) => foreseen(root, pipeline, columns));
}

async function foreseen(root: string, pipeline: PipelineFolder, columns: LookAtColumns): Promise<Foreseen> {
  const { name } = pipeline;
  // Where runs keep it, too: source maps and packages that stayed outside are found from there.
  const pathOf = (digest: string) => join(root, '.ratchet', 'code', `${digest}.mjs`);
  const hosts = new StepHosts({ root, bundlePath: async (digest) => pathOf(digest), size: 1 });
  try {
    const { digest, code } = await bundlePipeline(root, pipeline);
    await writeWhole(pathOf(digest), code);
    const asOf = new Date().toISOString();
    const { graph, loaded } = await hosts.compile({ bundle: digest }, { params: {}, champion: null, asOf });
    const watch = WatchPolicy.safeParse(loaded.watch).data ?? null;
    const { problems, notes } = await columns(name, graph, watch);
    const holdouts = emptyHoldouts(graph, watch?.labelsAfter ?? null);
    const files = (await missingFiles(graph, pipeline)).map((message) => ({ at: null, message }));
    return { pipeline: name, mistakes: [...files, ...strangeMetrics(graph), ...holdouts, ...problems], notes };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.type === 'InvalidPipeline')
      return { pipeline: name, mistakes: [{ at: null, message: error.message }], notes: [] };
    // Params without a default: neither its windows nor its columns are known.
    return { pipeline: name, mistakes: [], notes: [`the graph was not built: ${error.message}`] };
  } finally {
    await hosts.close();
  }
}
