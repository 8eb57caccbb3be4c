/** What no run of a pipeline could do, by what the pipeline says: each graph is built once, with the params' defaults, as of now. */
import { join } from 'node:path';
import { HostDied } from '#activities/dispatch/step-work.ts';
import type { CompiledGraph } from '#contracts/compiled.ts';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import { WatchPolicy } from '#contracts/watch.ts';
import { emptyHoldouts } from '#decisions/empty-holdout.ts';
import { StepHosts } from '../step-host/pool.ts';
import { bundlePipeline } from './bundle.ts';
import { writeWhole } from './code-store.ts';
import { buildPipelines } from './describe-pipelines.ts';
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
  const asOf = new Date().toISOString();
  // One alone is built as a run builds it; of many, those that are built among others.
  const built = pipelines.length === 1 ? [null] : await buildPipelines(root, pipelines, asOf);
  const pairs = pipelines.map((pipeline, index) => ({ pipeline, known: built[index] ?? null }));
  return each(AT_ONCE, pairs, async ({ pipeline, known }) => {
    const { name } = pipeline;
    try {
      const found = known ?? (await alone(root, pipeline, asOf));
      if ('wants' in found) return notBuilt(name, found.wants);
      return await foreseen(pipeline, found.graph, found.watch, columns);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // A graph that ends its process, or outgrows it, does so in every run.
      if (error.type === 'InvalidPipeline' || (error instanceof HostDied && !error.killed))
        return { pipeline: name, mistakes: [{ at: null, message: error.message }], notes: [] };
      return notBuilt(name, error.message);
    }
  });
}

/** Params without a default: neither its windows nor its columns are known. */
const notBuilt = (pipeline: string, why: string): Foreseen => ({
  ...{ pipeline, mistakes: [] },
  notes: [`the graph was not built: ${why}`],
});

async function foreseen(
  pipeline: PipelineFolder,
  graph: CompiledGraph,
  declared: Json,
  columns: LookAtColumns,
): Promise<Foreseen> {
  const watch = WatchPolicy.safeParse(declared).data ?? null;
  const { problems, notes } = await columns(pipeline.name, graph, watch);
  const holdouts = emptyHoldouts(graph, watch?.labelsAfter ?? null);
  const files = (await missingFiles(graph, pipeline)).map((message) => ({ at: null, message }));
  return { pipeline: pipeline.name, mistakes: [...files, ...strangeMetrics(graph), ...holdouts, ...problems], notes };
}

/** Bundled and built as a run does it, so that what is wrong is said in the same words. */
async function alone(
  root: string,
  pipeline: PipelineFolder,
  asOf: string,
): Promise<{ graph: CompiledGraph; watch: Json }> {
  // Where runs keep it, too: source maps and packages that stayed outside are found from there.
  const pathOf = (digest: string) => join(root, '.ratchet', 'code', `${digest}.mjs`);
  const hosts = new StepHosts({ root, bundlePath: async (digest) => pathOf(digest), size: 1 });
  try {
    const { digest, code } = await bundlePipeline(root, pipeline);
    await writeWhole(pathOf(digest), code);
    const { graph, loaded } = await hosts.compile({ bundle: digest }, { params: {}, champion: null, asOf });
    return { graph, watch: loaded.watch };
  } finally {
    await hosts.close();
  }
}
