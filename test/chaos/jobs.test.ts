/** What dies here: the supervisor, the shim, both between two steps. The trainer goes on or begins again, once. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalExecutor } from '#adapters/process/local-executor.ts';
import { identityOf } from '#adapters/process/process-identity.ts';
import type { JobSpec } from '#ports/executor.ts';
import { ended, eventually, programOf, pythonJob } from '../conformance/executor.ts';
import { localExecutor, processesOf } from '../fixtures/local-executor.ts';
import { TrackedRuns } from '../integration/job-tracked-runs.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';
import { testPython } from '../servers/programs.ts';

const trainers = join(import.meta.dirname, '../../trainers');
const checkpointing = join(import.meta.dirname, '../conformance/trainers/checkpointing.py');
const forever = 'import time\nwhile True: time.sleep(1)';
/** A small file system to fill needs user namespaces, which some containers refuse. */
const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
let folder: string;
let root: string;
let executor: LocalExecutor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-job-chaos-'));
  root = join(folder, 'jobs');
  executor = localExecutor(folder);
});
afterAll(async () => {
  await executor?.reap(async () => 'closed', 0);
  if (folder) await rm(folder, { recursive: true, force: true });
});

const job = pythonJob;
const shimOf = async (id: string): Promise<number> => (await processesOf(root, id)).shim.pid;
async function running(id: string): Promise<{ pid: number; where: string }> {
  const state = await executor.attach(id);
  if (state.kind !== 'running') throw new Error(`job ${id} is ${state.kind}`);
  return { pid: (await processesOf(root, id)).trainer.pid, where: state.where };
}
const gone = (pid: number) => eventually(async () => (await identityOf(pid)) === undefined);

describe('a job whose keeper dies', () => {
  it('is begun by the next start when the first asker died between the folder and the process', async () => {
    const spec = job('half', "print('ran')");
    await executor.start({ ...spec, program: programOf(['true']) });
    await ended(executor, 'half');
    // What a death before the spawn leaves: a spec that asks for an attempt, and nobody who runs it.
    const path = join(root, 'half', 'spec.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), attempt: 2 }));
    expect(await executor.attach('half')).toEqual({ kind: 'died', attempt: 2 });
    await executor.start({ ...spec, attempt: 2 });
    expect(await ended(executor, 'half')).toMatchObject({ code: 0, attempt: 2 });
  });

  it('is absent when only its empty folder was made', async () => {
    await mkdir(join(root, 'empty'), { recursive: true });
    expect(await executor.attach('empty')).toEqual({ kind: 'absent' });
    await executor.start(job('empty', 'pass'));
    expect(await ended(executor, 'empty')).toMatchObject({ code: 0 });
  });

  it('has no process left when its shim is killed, and the next start makes exactly one', async () => {
    const code = `import subprocess,sys\np=subprocess.Popen([sys.executable,'-c',${JSON.stringify(forever)}], start_new_session=True)\nprint(p.pid,flush=True)\n${forever}`;
    await executor.start(job('beheaded', code));
    const before = await running('beheaded');
    const child = Number(await eventually(async () => (await executor.log('beheaded')).text.trim()));
    process.kill(await shimOf('beheaded'), 'SIGKILL');
    await gone(before.pid);
    expect(await executor.attach('beheaded')).toEqual({ kind: 'died', attempt: 1 });
    await executor.start(job('beheaded', forever));
    expect((await running('beheaded')).pid).not.toBe(before.pid);
    await gone(child);
    await executor.stop('beheaded', 'test over');
  });

  it('can be stopped after its shim was killed', async () => {
    await executor.start(job('headless', forever));
    const { pid } = await running('headless');
    process.kill(await shimOf('headless'), 'SIGKILL');
    await gone(pid);
    expect(await executor.stop('headless', 'cancelled')).toMatchObject({ reason: 'stopped', detail: 'cancelled' });
    expect((await executor.attach('headless')).kind).toBe('done');
  });

  it('may save and counts as died when a service manager ends everything with SIGTERM', async () => {
    const save = `import os,signal,sys\ndef save(*_):\n    open(os.environ['RATCHET_CHECKPOINTS']+'/last','w'); sys.exit(0)\nsignal.signal(signal.SIGTERM, save)\nprint('up',flush=True)\n`;
    await executor.start(job('terminated', save + forever));
    const { pid } = await running('terminated');
    await eventually(async () => (await executor.log('terminated')).text.includes('up'));
    process.kill(await shimOf('terminated'), 'SIGTERM');
    await gone(pid);
    await eventually(async () => (await executor.attach('terminated')).kind === 'died');
    expect((await executor.output('terminated')).checkpoints).toBe(1);
  });

  it('is stopped even when its shim is frozen', async () => {
    await executor.start(job('frozen', forever, { limits: { graceSeconds: 0 } }));
    const { pid } = await running('frozen');
    process.kill(await shimOf('frozen'), 'SIGSTOP');
    expect(await executor.stop('frozen', 'cancelled')).toMatchObject({ reason: 'stopped' });
    await gone(pid);
  });

  it('never kills a stranger that has the pid of a dead trainer', async () => {
    const stranger = spawn(testPython(), ['-c', forever], { stdio: 'ignore', detached: true });
    await executor.start(job('reused', forever));
    const { pid } = await running('reused');
    process.kill(await shimOf('reused'), 'SIGKILL');
    await gone(pid);
    const path = join(root, 'reused', 'process.json');
    const recorded = JSON.parse(await readFile(path, 'utf8'));
    recorded.trainer = { ...recorded.trainer, pid: stranger.pid, pgid: stranger.pid };
    await writeFile(path, JSON.stringify(recorded));
    await executor.stop('reused', 'cancelled');
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    expect(await identityOf(stranger.pid ?? 0)).toBeDefined();
    stranger.kill('SIGKILL');
  });

  it.skipIf(!mayMount)('says how it ended when it filled its disk, and never waited for the log', async () => {
    const place = join(folder, 'full');
    const spec = {
      attempt: 1,
      command: [testPython(), '-c', "for i in range(40000): print(i, 'x' * 100)"],
      cwd: folder,
      env: {},
      limits: { memoryBytes: null, logBytes: 4_000_000, graceSeconds: 1, leaseSeconds: 60 },
    };
    await mkdir(place);
    await writeFile(join(folder, 'full.json'), JSON.stringify(spec));
    const shim = `mount -t tmpfs -o size=600k tmpfs ${place} && cp ${join(folder, 'full.json')} ${place}/spec.json && ${testPython()} ${join(trainers, 'job_shim.py')} ${place} && cat ${place}/exit.json`;
    const { stdout } = spawnSync('unshare', ['-rm', 'sh', '-c', shim], { encoding: 'utf8', timeout: 60_000 });
    expect(JSON.parse(stdout)).toMatchObject({ code: 0, reason: 'exited' });
    expect(JSON.parse(stdout).logBytesDropped).toBeGreaterThan(3_000_000);
  });

  it('is left alone by a second shim on its folder', async () => {
    await executor.start(job('two', forever));
    const before = await running('two');
    const second = spawn(testPython(), [join(trainers, 'job_shim.py'), join(root, 'two')], { stdio: 'ignore' });
    expect(await once(second, 'exit')).toEqual([0, null]);
    expect(await running('two')).toEqual(before);
    await executor.stop('two', 'test over');
  });
});

describe('a trainer in mid-training', () => {
  let mlflow: TestMlflow;
  let runs: TrackedRuns;
  beforeAll(async () => {
    mlflow = await startMlflow();
    runs = new TrackedRuns(mlflow.url);
  });
  afterAll(async () => mlflow?.close());

  async function specOf(id: string): Promise<JobSpec & { runId: string }> {
    const experimentId = await runs.experiment(id);
    const runId = await runs.create(experimentId, id);
    const request = { inputs: {}, params: { epochs: 12, pause: 0.25 }, seed: 1 };
    const tracking = { trackingUri: mlflow.url, experimentId, runId };
    const program = programOf(['python', checkpointing]);
    return { id, attempt: 1, resumed: false, program, request, tracking, runId };
  }
  const steps = async (runId: string, key: string) => (await runs.history(runId, key)).map(({ step }) => step);
  const all = Array.from({ length: 12 }, (_, step) => step);

  it('is the same process after its supervisor was killed, and every step is logged once', async () => {
    const { runId, ...spec } = await specOf('supervisor-killed');
    const supervisor = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('./job-supervisor.ts', import.meta.url)), folder, JSON.stringify(spec)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const started = JSON.parse(String((await once(supervisor.stdout, 'data'))[0]));
    await eventually(async () => ((await executor.progress(spec.id))?.done ?? 0) >= 2);
    supervisor.kill('SIGKILL');
    await once(supervisor, 'exit');

    const taken = await executor.start(spec);
    expect(taken).toEqual(started);
    expect(taken).toMatchObject({ kind: 'running', where: expect.stringMatching(/^process \d+ on /) });
    expect(await ended(executor, spec.id)).toMatchObject({ code: 0, attempt: 1 });
    expect(await steps(runId, 'auc')).toEqual(all);
  });

  it('waits for an MLflow that was killed and comes back, and every step is logged once', async () => {
    const { runId, ...spec } = await specOf('mlflow-killed');
    await executor.start(spec);
    const { pid } = await eventually(
      async () => ((await executor.progress(spec.id))?.done ?? 0) >= 2 && running(spec.id),
    );
    await mlflow.server.kill();
    expect(await running(spec.id)).toMatchObject({ pid });
    await mlflow.server.start();
    expect(await ended(executor, spec.id), (await executor.log(spec.id)).text).toMatchObject({ code: 0, attempt: 1 });
    for (const key of ['auc', 'loss', 'best']) expect(await steps(runId, key)).toEqual(all);
  });

  it('begins again at its last checkpoint after its shim was killed, and every step is logged once', async () => {
    const { runId, ...spec } = await specOf('shim-killed');
    await executor.start(spec);
    await eventually(async () => ((await executor.progress(spec.id))?.done ?? 0) >= 3);
    const { pid } = await running(spec.id);
    process.kill(await shimOf(spec.id), 'SIGKILL');
    await gone(pid);
    expect(await executor.attach(spec.id)).toEqual({ kind: 'died', attempt: 1 });
    await executor.start({ ...spec, resumed: true });
    const exit = await eventually(async () => {
      const state = await executor.attach(spec.id);
      return state.kind === 'done' && state.exit;
    });
    expect(exit, (await executor.log(spec.id)).text).toMatchObject({ code: 0 });
    for (const key of ['auc', 'loss', 'best']) expect(await steps(runId, key)).toEqual(all);
  });
});
