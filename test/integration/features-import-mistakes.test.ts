/** `ratchet features import` where it cannot begin. What it carries over: unit/features/feast-import and, of the real Feast, slow/feast-import. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeProject, type Project } from '../fixtures/project.ts';

const main = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
let project: Project;
beforeAll(async () => {
  project = await makeProject({
    'repo/feature_store.yaml': 'project: p\nprovider: local\n',
    'there.ts': '',
    'empty/README.md': '',
  });
});
afterAll(() => project.remove());

test.each([
  ['a folder that is no repository', ['empty'], /empty has no feature_store\.yaml: name the folder/],
  ['a file that is there', ['repo', '--out', 'there.ts'], /there\.ts is there already: name another file/],
  ['a folder that is not there', ['repo', '--out', 'nope/features.ts'], /there is no folder nope/],
  ['no such Python', ['repo', '--python', 'no-such-python'], /there is no program no-such-python/],
  [
    'a Python without Feast',
    ['repo', '--python', 'python3', '--out', 'x.ts'],
    /python3 has no Feast \(No module named 'feast'\): name the Python/,
  ],
  ['a program that is no Python', ['repo', '--python', 'false'], /false ended before the definitions were read/],
])('%s', (_what, args, message) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'features', 'import', ...args], {
    cwd: project.root,
    env: { ...process.env, RATCHET_ROOT: project.root },
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});
