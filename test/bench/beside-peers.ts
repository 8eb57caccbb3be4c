/** What the benches of the data checks share: a folder for the tables, the peers' Python, the page that is printed and kept. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import { command } from './drift/run.ts';
import { machine } from './machine.ts';

export interface Options {
  /** The first size only. */
  readonly quick: boolean;
  readonly peers: boolean;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** RATCHET_BENCH_FOLDER, or the system's, holds the tables; removed in the end. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const parent = process.env.RATCHET_BENCH_FOLDER ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'ratchet-bench-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param name of the locked requirements: `evidently` */
export const peerPython = (name: string) =>
  ensurePythonEnvironment({
    root,
    name: `bench-${name}`,
    lock: fileURLToPath(new URL(`./requirements-${name}.lock`, import.meta.url)),
    progress: (line) => console.error(line),
  });

/** Prints the page, and with RATCHET_WRITE_DOCS=1 keeps it as `docs/bench-<name>.md`. */
export function tell(
  name: string,
  before: ReturnType<typeof machine>,
  page: { readonly title: string; readonly says: string; readonly table: readonly string[] },
): void {
  const after = machine();
  const text = [
    `# ${page.title}`,
    '',
    `Written by \`RATCHET_WRITE_DOCS=1 npm run bench -- ${name}\`; without the variable it only prints.`,
    '',
    `${before.at.slice(0, 10)}, ${before.cores} cores (${before.processor}), ${before.memoryGb.toFixed(0)} GiB, ${before.system}, Node ${before.node}, ${before.python}. Load of the last minute: ${before.load.toFixed(1)} before, ${after.load.toFixed(1)} after.`,
    '',
    page.says,
    '',
    ...page.table,
    '',
    `The command was ${command().built ? 'the built one' : 'run from its sources through tsx: `npm run build` makes the one that users have'}.`,
    '',
  ].join('\n');
  console.log(`\n${text}`);
  if (process.env.RATCHET_WRITE_DOCS) writeFileSync(join(root, 'docs', `bench-${name}.md`), text);
}
