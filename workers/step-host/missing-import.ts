/** The commonest slip of a first pipeline: a word of Ratchet's that is used and not imported. */

/** What to write, to be put behind the error's own words; empty for every other error. */
export async function missingImport(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return '';
  // Thrown in a graph, it is told by the pipeline's own error.
  const name = /(?:^|\bReferenceError: )([\w$]+) is not defined$/.exec(error.message)?.[1];
  if (name === undefined) return '';
  const surface = await import('#pipelines/index.ts');
  return Object.hasOwn(surface, name) ? `. Import it: import { ${name} } from 'ratchet-ml'` : '';
}
