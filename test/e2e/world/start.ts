/** Before the suite: `ratchet dev` in an empty project; after it: `ratchet down`. RATCHET_E2E_KEEP=1 leaves it running. */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { projectFolder, ratchet, sources } from './ratchet.ts';

export default async function setup(): Promise<() => Promise<void>> {
  const keep = process.env.RATCHET_E2E_KEEP === '1';
  if (!keep && existsSync(projectFolder)) {
    await ratchet('down');
    rmSync(projectFolder, { recursive: true, force: true });
  }
  mkdirSync(`${projectFolder}/pipelines`, { recursive: true });
  cpSync(`${sources}pipelines/flight-delays`, `${projectFolder}/pipelines/flight-delays`, { recursive: true });
  const up = await ratchet('dev', '--json');
  if (up.code !== 0) {
    await ratchet('down');
    throw new Error(`\`ratchet dev\` ended with ${up.code}:\n${up.stdout}${up.stderr}`);
  }
  return async () => {
    if (!keep) await ratchet('down');
  };
}
