/** `ratchet logs` finds what a step, its trainer and the trainer's keeper wrote. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeLog } from '#activities/dispatch/node-log.ts';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import { textsOf } from '#cli/verbs/logs/print-logs.ts';

const run = 'run/flights/1';
let root: string;
let job: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ratchet-logs-'));
  job = join(root, '.ratchet', 'jobs', jobId(run, 'train'));
  await mkdir(job, { recursive: true });
  await mkdir(dirname(nodeLog(root, run, 'train')), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

it('gives all of it, the trainer with what was dropped in the middle', async () => {
  await writeFile(nodeLog(root, run, 'train'), 'starting\n');
  await writeFile(join(job, `log.${'0'.repeat(16)}`), 'epoch 1\n');
  await writeFile(join(job, `log.${'20'.padStart(16, '0')}`), 'epoch 9\n');
  await writeFile(join(job, 'shim.log'), '');
  expect(await textsOf(root, run, 'train')).toEqual([
    { from: nodeLog(root, run, 'train'), text: 'starting\n' },
    { from: job, text: 'epoch 1\n\n[… 12 bytes of the log were dropped here …]\nepoch 9\n' },
  ]);
});

it('gives nothing for a node that wrote nothing', async () => {
  expect(await textsOf(root, run, 'gate')).toEqual([]);
});
