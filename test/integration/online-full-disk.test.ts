/** The disk of the embedded online store is full. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
const why = mayMount ? '' : ' (left out: no user namespace may be made here)';

test.skipIf(!mayMount)(`a batch that the disk does not hold is refused whole, and the store goes on${why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-full-'));
  const script = join(import.meta.dirname, '../fixtures/full-disk-store.ts');
  const command = `mount -t tmpfs -o size=2m none "$0" && exec "$1" --import tsx "$2" "$0/online"`;
  const { stdout, stderr } = spawnSync('unshare', ['-rm', 'bash', '-c', command, folder, process.execPath, script], {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true, force: true });
  expect(JSON.parse(stdout || stderr)).toEqual({
    refusal: expect.stringMatching(/could not write, and kept nothing of this batch .*free space on its disk/),
    after: 10,
    again: 11,
  });
});
