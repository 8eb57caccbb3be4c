/** Jobs that are in flight over an upgrade: what the version before wrote, word for word, is found, taken over, read and ended. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalExecutor } from '#adapters/process/local-executor.ts';
import { shimFlags } from '#adapters/process/lock-probe.ts';
import { ended, eventually, pythonJob } from '../conformance/executor.ts';
import { localExecutor } from '../fixtures/local-executor.ts';
import { testPython } from '../servers/programs.ts';

let folder: string;
let executor: LocalExecutor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-upgrade-'));
  executor = localExecutor(folder);
});
afterAll(async () => {
  await executor.reap(async () => 'closed', 0);
  await rm(folder, { recursive: true, force: true });
});

const trainers = join(import.meta.dirname, '../../trainers');
const holder = { run: 'run/tumours/1', node: 'train' };

/** As the version before began it: the program lay in a folder that the activity had filled, the inputs where it had fetched them. */
async function begin(id: string, code: string): Promise<void> {
  const at = (name: string) => join(folder, 'jobs', id, name);
  const cwd = join(folder, 'jobs-files', 'programs', id);
  const input = join(folder, 'cache-of-before.csv');
  for (const each of [at('output'), at('checkpoints'), cwd]) await mkdir(each, { recursive: true, mode: 0o700 });
  await writeFile(input, 'a,b\n1,2\n');
  await writeFile(join(cwd, 'train.py'), code);
  await writeFile(at('lease'), '');
  const document = {
    inputs: { features: { path: input, uri: 's3://b/files/md5/1', digest: 'md5:1', format: 'csv' } },
    ...{ params: { epochs: 3 }, seed: 0, resumed: false },
    ...{ output: at('output'), checkpoints: at('checkpoints'), progress: at('progress.jsonl') },
  };
  const spec = {
    attempt: 1,
    command: [testPython(), 'train.py'],
    cwd,
    env: { RATCHET_JOB: at('job.json'), RATCHET_CHECKPOINTS: at('checkpoints'), PYTHONPATH: join(trainers, 'site') },
    limits: { memoryBytes: null, logBytes: 16_777_216, graceSeconds: 10, leaseSeconds: 86_400 },
    labels: { ...holder, pipeline: 'tumours' },
  };
  await writeFile(at('job.json'), JSON.stringify(document));
  await writeFile(at('spec.json'), JSON.stringify(spec));
  const shim = spawn(testPython(), [...shimFlags, join(trainers, 'job_shim.py'), join(folder, 'jobs', id)], {
    ...{ cwd: join(folder, 'jobs', id), detached: true, stdio: 'ignore' },
  });
  shim.unref();
  await eventually(async () => (await executor.attach(id)).kind === 'running');
}

const preamble = `import json,os,time
job=json.load(open(os.environ['RATCHET_JOB']))
n=len(os.listdir(job['checkpoints']))
open(job['checkpoints']+f'/{n}','w').close()
print(open(job['inputs']['features']['path']).read() if n==0 else 'again',flush=True)
open(job['progress'],'a').write('{"done":1}\\n')
`;

it('goes on, and its result is read', async () => {
  const go = join(folder, 'go');
  await begin(
    'goes-on',
    `${preamble}while not os.path.exists(${JSON.stringify(go)}): time.sleep(0.05)
open(job['output']+'/curve.txt','w').write('abc')
json.dump({'ok':True},open(job['output']+'/output.json','w'))`,
  );
  const state = await executor.attach('goes-on');
  expect(state).toMatchObject({ kind: 'running', attempt: 1, where: expect.stringMatching(/^process \d+ on /) });
  // The step is asked for again after the upgrade: the same process.
  const spec = pythonJob('goes-on', "raise SystemExit('a second one')", { labels: holder });
  expect(await executor.start(spec)).toEqual(state);
  expect(await executor.list()).toMatchObject([{ id: 'goes-on', labels: holder, taken: 0 }]);
  await eventually(async () => (await executor.progress('goes-on'))?.done === 1);
  await writeFile(go, '');
  expect(await ended(executor, 'goes-on'), (await executor.log('goes-on')).text).toMatchObject({ code: 0, attempt: 1 });
  expect((await executor.log('goes-on')).text).toBe('a,b\n1,2\n\n');
  expect(await executor.output('goes-on')).toEqual({ json: { ok: true }, files: ['curve.txt'], checkpoints: 1 });
  expect(await executor.fetch('goes-on', 'curve.txt', join(folder, 'curve'))).toBeNull();
  expect(await readFile(join(folder, 'curve'), 'utf8')).toBe('abc');
});

it('is taken over and ended', async () => {
  await begin('ends', `${preamble}time.sleep(600)`);
  await eventually(async () => (await executor.log('ends')).text.includes('1,2'));
  const next = { run: 'run/tumours/1/r2', node: 'train' };
  expect(await executor.take('ends', next, 0)).toBe(true);
  expect(await executor.stop('ends', 'too late', holder)).toBeNull();
  expect(await executor.stop('ends', 'cancelled', next)).toMatchObject({ reason: 'stopped', detail: 'cancelled' });
});

it('begins another attempt as this version does, beside its checkpoints', async () => {
  await begin('dies', `${preamble}time.sleep(600)`);
  await eventually(async () => (await executor.log('dies')).text.includes('1,2'));
  await executor.stop('dies', 'the worker moved');
  const code = `${preamble}json.dump(job['resumed'],open(job['output']+'/output.json','w'))`;
  await executor.start(pythonJob('dies', code, { attempt: 2, resumed: true, labels: holder }));
  expect(await ended(executor, 'dies')).toMatchObject({ code: 0, attempt: 2 });
  expect(await executor.output('dies')).toEqual({ json: true, files: [], checkpoints: 2 });
});
