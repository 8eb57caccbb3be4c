/** The examples that need servers, on one stack of their own: each prints what it promises. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examples, matches, needsServers, transcripts } from '../fixtures/transcripts.ts';
import { environment, ratchetIn, sources } from './world/ratchet.ts';

/** Below the clone: there the examples find `ratchet-ml` as they do in `examples/`. */
const project = join(sources, '.ratchet', 'e2e-examples');
beforeAll(async () => {
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  cpSync(examples, project, { recursive: true, filter: (path) => !path.includes('/.ratchet') });
  const up = await ratchetIn(project, {}, 'dev');
  expect(up.code, `${up.stdout}${up.stderr}`).toBe(0);
});
afterAll(() => ratchetIn(project, {}, 'down'));

/** `| jq -c '.a, .b'`: what it would print of the one JSON object. */
const picked = (json: string, paths: string): string =>
  paths
    .split(', ')
    .map((path) => JSON.stringify((JSON.parse(json) as Record<string, unknown>)[path.slice(1)]))
    .join('\n');

async function printed(line: string): Promise<string> {
  const [, program, rest = '', paths] = /^npx (ratchet|tsx) (.*?)(?: \| jq -c '(.*)')?$/.exec(line) ?? [];
  if (program === 'ratchet') {
    const said = await ratchetIn(project, {}, ...rest.split(' '));
    return paths ? picked(said.stdout, paths) : said.stdout;
  }
  const { addresses } = JSON.parse(readFileSync(join(project, '.ratchet', 'stack.json'), 'utf8')) as {
    addresses: { temporalAddress: string };
  };
  const run = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), ...rest.split(' ')], {
    cwd: project,
    env: { ...environment(project), TEMPORAL_ADDRESS: addresses.temporalAddress },
    encoding: 'utf8',
  });
  return `${run.stdout}${run.stderr}`;
}

const commands = transcripts().flatMap(({ folder, commands }) =>
  commands.filter(needsServers).map((command) => ({ folder, ...command })),
);
test.each(commands)('$folder: $line', async ({ line, printed: wanted }) => {
  const said = await printed(line);
  // Where it matches, the comparison says nothing; else it shows both.
  if (!matches(said, wanted)) expect(said.trimEnd()).toBe(wanted);
});
