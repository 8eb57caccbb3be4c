/** The examples that need servers print what they promise. */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examples, matches, needsServers, transcripts } from '../fixtures/transcripts.ts';
import { environment, projectFolder, ratchet } from './world/ratchet.ts';

/** The suite's project holds them for as long as this file takes. */
const parts = [...readdirSync(`${examples}pipelines`).map((name) => join('pipelines', name)), 'start-from-client'];
beforeAll(() => {
  for (const part of parts) cpSync(join(examples, part), join(projectFolder, part), { recursive: true });
});
afterAll(() => {
  for (const part of parts) rmSync(join(projectFolder, part), { recursive: true, force: true });
});

/** `| jq -c '.a, .b'`: what it would print of the one JSON object. */
const picked = (json: string, paths: string): string =>
  paths
    .split(', ')
    .map((path) => JSON.stringify((JSON.parse(json) as Record<string, unknown>)[path.slice(1)]))
    .join('\n');

async function printed(line: string): Promise<string> {
  const [, program, rest = '', paths] = /^npx (ratchet|tsx) (.*?)(?: \| jq -c '(.*)')?$/.exec(line) ?? [];
  if (program === 'ratchet') {
    const said = await ratchet(...rest.split(' '));
    return paths ? picked(said.stdout, paths) : said.stdout;
  }
  const { addresses } = JSON.parse(readFileSync(join(projectFolder, '.ratchet', 'stack.json'), 'utf8')) as {
    addresses: { temporalAddress: string };
  };
  const run = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), ...rest.split(' ')], {
    cwd: projectFolder,
    env: { ...environment(), TEMPORAL_ADDRESS: addresses.temporalAddress },
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
