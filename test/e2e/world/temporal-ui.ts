/** Where the embedded Temporal shows itself. */
import { readStackFile } from '#stack/file.ts';
import { stackPaths } from '#stack/paths.ts';

export function temporalUi(root: string): string {
  const url = readStackFile(stackPaths(root))?.addresses.temporalUiUrl;
  if (!url) throw new Error(`no Temporal with a Web UI runs in ${root}`);
  return url;
}
