/** `ratchet data init`. */
import { initRepository } from '#adapters/dvc/repository.ts';
import { createOutput } from '../../kit/output.ts';

export async function initData(options: { json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  const root = process.cwd();
  const written = await initRepository(root);
  out.object({ root, written });
  out.print(`${root} is a DVC repository now. To keep this in Git: git add ${written.join(' ')}`);
}
