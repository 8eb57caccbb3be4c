/** The examples that need no servers print what they promise. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environment, sources } from '../e2e/world/ratchet.ts';
import { commandsOf, examples, matches, needsServers, transcripts } from '../fixtures/transcripts.ts';
import { testProgram } from '../servers/programs.ts';

/** `npx ratchet …` and `npx tsx …`, in `examples/`; a pipe as a shell has it. */
function printed(line: string): string {
  const [, program = '', rest = ''] = /^npx (ratchet|tsx) (.*)$/.exec(line) ?? [];
  const start = { ratchet: [join(sources, 'cli', 'bin.mjs')], tsx: ['--import', import.meta.resolve('tsx')] }[program];
  if (!start) throw new Error(`${line}: npx ratchet or npx tsx is wanted`);
  const { stdout, stderr } = spawnSync(process.execPath, [...start, ...rest.split(' ')], {
    cwd: examples,
    env: { ...environment(examples), RATCHET_TEST_SERVER: testProgram('temporal-test-server', 'RATCHET_TEST_SERVER') },
    encoding: 'utf8',
  });
  return `${stdout}${stderr}`;
}

const all = transcripts();

test.each(
  all.flatMap(({ folder, commands }) =>
    commands.filter((command) => !needsServers(command)).map((command) => ({ folder, ...command })),
  ),
)('$folder: $line', ({ line, printed: wanted }) => {
  const said = printed(line);
  // Where it matches, the comparison says nothing; else it shows both.
  if (!matches(said, wanted)) expect(said.trimEnd()).toBe(wanted);
});

test('every folder has a README that gives its commands, and at most 40 lines of TypeScript a file', () => {
  const folders = ['', 'pipelines/'].flatMap((parent) =>
    readdirSync(`${examples}${parent}`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'pipelines' && !entry.name.startsWith('.'))
      .map(({ name }) => `${parent}${name}`),
  );
  expect(all.map(({ folder }) => folder)).toEqual(folders.toSorted());
  const index = readFileSync(`${examples}README.md`, 'utf8');
  for (const { folder, commands } of all) {
    const readme = readFileSync(`${examples}${folder}/README.md`, 'utf8');
    for (const { line } of commands) expect(readme, folder).toContain(`    ${line}\n`);
    expect(index).toContain(`(${folder}/README.md)`);
    for (const file of readdirSync(`${examples}${folder}`).filter((name) => name.endsWith('.ts')))
      expect(readFileSync(`${examples}${folder}/${file}`, 'utf8').split('\n').length, `${folder}/${file}`).toBeLessThan(
        42,
      );
  }
});

test('what differs is seen', () => {
  const [command] = commandsOf('$ npx ratchet run hello --wait\nfinished  <run>\n');
  expect(matches('finished  run/hello/1\n', command?.printed ?? '')).toBe(true);
  expect(matches('failed  run/hello/1\n', command?.printed ?? '')).toBe(false);
  expect(matches('finished  run/hello/1\nand more\n', command?.printed ?? '')).toBe(false);
});
