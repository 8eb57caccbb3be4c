/** Files that programs of a graph name and that are not there: a run would refuse them, and `ratchet check` says so before. */
import type { CompiledGraph } from '#contracts/compiled.ts';
import { UserError } from '#contracts/failures.ts';
import { canonicalJson, type Json } from '#contracts/json.ts';
import { DeclaredProgram } from '#contracts/program.ts';
import type { PipelineFolder } from './find-pipelines.ts';
import { programFiles, programLock } from './program-files.ts';

/** One sentence for each program that lacks something, as the run would say it. */
export async function missingFiles(graph: CompiledGraph, { name, folder }: PipelineFolder): Promise<string[]> {
  // Only inputs hold programs, and the graph is plain JSON.
  const declared = [
    ...Object.values(graph.steps).flatMap(({ program }) => program ?? []),
    ...programsIn(graph.nodes as unknown as Json),
  ];
  const programs = new Map(declared.map((program) => [canonicalJson(program), program]));
  const owner = `pipeline "${name}"`;
  const found = await Promise.all(
    [...programs.values()].map(async (program) => {
      try {
        await programFiles(folder, program, owner);
        await programLock(folder, program, owner);
        return [];
      } catch (error) {
        if (error instanceof UserError) return [error.message];
        throw error;
      }
    }),
  );
  return found.flat();
}

function programsIn(value: Json): DeclaredProgram[] {
  if (value === null || typeof value !== 'object') return [];
  const program = DeclaredProgram.safeParse(value);
  return program.success ? [program.data] : Object.values(value).flatMap((item) => programsIn(item ?? null));
}
