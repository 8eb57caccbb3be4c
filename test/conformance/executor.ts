/** What every executor must do, wherever its jobs run. An implementation calls this with a factory and adds only its own quirks. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor, JobExit, JobSpec, JobState } from '#ports/executor.ts';

export interface ExecutorUnderTest {
  executor: Executor;
  /** A Python of the place where the jobs run. */
  python: string;
  /** A folder that exists there. */
  cwd: string;
  /** Folder where everything the executor keeps can be searched; null when it keeps nothing here. */
  kept: string | null;
  dispose(): Promise<void>;
}

/** Polls until `look` gives something; the caller's test has the time limit. */
export async function eventually<T>(look: () => Promise<T | undefined | null | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    await sleep(30);
  }
}

/** Waits for the end of a job. */
export async function ended(executor: Executor, id: string): Promise<JobExit> {
  return eventually(async () => {
    const state = await executor.attach(id);
    if (state.kind === 'absent' || state.kind === 'died') throw new Error(`job ${id} is ${state.kind}`);
    return state.kind === 'done' && state.exit;
  });
}

/** A spec that runs `code` with Python. */
export function pythonJob(
  under: Pick<ExecutorUnderTest, 'python' | 'cwd'>,
  id: string,
  code: string,
  more: Partial<JobSpec> = {},
): JobSpec {
  const request = { inputs: {}, params: {}, seed: 7, resumed: false };
  return { id, attempt: 1, command: [under.python, '-c', code], cwd: under.cwd, request, ...more };
}

function runningPid(state: JobState): number {
  if (state.kind !== 'running') throw new Error(`expected a running job, it is ${state.kind}`);
  return state.identity.pid;
}

const forever = 'import time\nwhile True: time.sleep(1)';
const atOutput = "import json,os\njob=json.load(open(os.environ['RATCHET_JOB']))\nout=job['output']\n";

export function executorConformance(name: string, factory: () => Promise<ExecutorUnderTest>): void {
  describe(`executor: ${name}`, { timeout: 60_000 }, () => {
    let under: ExecutorUnderTest;
    let executor: Executor;
    const job = (id: string, code: string, more: Partial<JobSpec> = {}) => pythonJob(under, id, code, more);
    beforeAll(async () => {
      under = await factory();
      executor = under.executor;
    });
    afterAll(async () => under.dispose());

    it('gives a program its request and hands back output.json, files, log and exit', async () => {
      const code = `${atOutput}open(out+'/curve.txt','w').write('abc')\njson.dump({'n':job['params']['n']+job['seed']},open(out+'/output.json','w'))\nprint('hello')`;
      await executor.start(job('whole', code, { request: { inputs: {}, params: { n: 1 }, seed: 7, resumed: false } }));
      expect(await ended(executor, 'whole')).toMatchObject({
        code: 0,
        signal: null,
        reason: 'exited',
        oomKilled: false,
        attempt: 1,
      });
      expect(await executor.output('whole')).toMatchObject({ json: { n: 8 }, files: ['curve.txt'], checkpoints: 0 });
      expect(await executor.log('whole')).toEqual({ text: 'hello\n', bytes: 6, dropped: 0 });
    });

    it('knows nothing of a job that was never started', async () => {
      expect(await executor.attach('nobody')).toEqual({ kind: 'absent' });
      expect(await executor.stop('nobody', 'why not')).toBeNull();
      expect(await executor.progress('nobody')).toBeNull();
    });

    it('refuses an id that is no file name', async () => {
      await expect(executor.start(job('../escape', 'pass'))).rejects.toThrow(/job id/);
    });

    it('tells the exit code of a failed program', async () => {
      await executor.start(job('fails', "import sys\nprint('no such column', file=sys.stderr)\nsys.exit(3)"));
      expect(await ended(executor, 'fails')).toMatchObject({ code: 3, reason: 'exited' });
      expect((await executor.log('fails')).text).toContain('no such column');
    });

    it('says which command it could not find, and what to do', async () => {
      await executor.start(job('missing', '', { command: ['no-such-program-here'] }));
      const exit = await ended(executor, 'missing');
      expect(exit).toMatchObject({ code: 127, reason: 'not-started' });
      expect(exit.detail).toMatch(/'no-such-program-here' was not found.*Name a program/);
    });

    it('runs one process however often and by however many the job is started', async () => {
      const code = `${atOutput}open(out+'/starts.txt','a').write(str(os.getpid())+'\\n')\nprint('up',flush=True)\n${forever}`;
      const spec = job('once', code);
      const states = await Promise.all(Array.from({ length: 5 }, () => executor.start(spec)));
      const later = await executor.start(spec);
      expect(new Set([...states, later].map(runningPid)).size).toBe(1);
      await eventually(async () => (await executor.log('once')).text.includes('up'));
      await executor.stop('once', 'test over');
      const { folder } = await executor.output('once');
      expect((await readFile(join(folder, 'starts.txt'), 'utf8')).trim().split('\n')).toHaveLength(1);
    });

    it('does not run a finished job again, nor an older attempt', async () => {
      const spec = job('finished', "print('ran')");
      await executor.start(spec);
      await ended(executor, 'finished');
      expect(await executor.start(spec)).toMatchObject({ kind: 'done', attempt: 1 });
      await executor.start({ ...spec, attempt: 2 });
      await ended(executor, 'finished');
      expect(await executor.start(spec)).toMatchObject({ kind: 'done', attempt: 2 });
      expect((await executor.log('finished')).text.match(/ran/g)).toHaveLength(2);
    });

    it('keeps checkpoints for the next attempt and drops the outputs of the failed one', async () => {
      const code = `${atOutput}n=len(os.listdir(job['checkpoints']))\nopen(job['checkpoints']+f'/{n}','w')\njson.dump({'resumed':job['resumed'],'n':n},open(out+'/output.json','w'))\nopen(out+f'/part-{n}','w')\nraise SystemExit(1 if n==0 else 0)`;
      const spec = job('resumes', code);
      await executor.start(spec);
      expect(await ended(executor, 'resumes')).toMatchObject({ code: 1 });
      await executor.start({ ...spec, attempt: 2, request: { ...spec.request, resumed: true } });
      expect(await ended(executor, 'resumes')).toMatchObject({ code: 0, attempt: 2 });
      expect(await executor.output('resumes')).toMatchObject({
        json: { resumed: true, n: 1 },
        files: ['part-1'],
        checkpoints: 2,
      });
    });

    it('stops a program and its children, and keeps the reason', async () => {
      const code = `import subprocess,sys\nsubprocess.Popen([sys.executable,'-c',${JSON.stringify(forever)}])\nprint('up',flush=True)\n${forever}`;
      await executor.start(job('stopped', code));
      await eventually(async () => (await executor.log('stopped')).text.includes('up'));
      expect(await executor.stop('stopped', 'the user cancelled the run')).toMatchObject({
        reason: 'stopped',
        detail: 'the user cancelled the run',
        signal: 'SIGTERM',
      });
    });

    it('kills a program that ignores SIGTERM once the grace is over', async () => {
      const code = `import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up',flush=True)\n${forever}`;
      await executor.start(job('stubborn', code, { limits: { graceSeconds: 0.5 } }));
      await eventually(async () => (await executor.log('stubborn')).text.includes('up'));
      expect(await executor.stop('stubborn', 'enough')).toMatchObject({ reason: 'stopped', signal: 'SIGKILL' });
    });

    it('lets a program that catches SIGTERM save what it has', async () => {
      const code = `${atOutput}import signal,sys,time\ndef save(*_):\n    open(job['checkpoints']+'/last','w'); sys.exit(0)\nsignal.signal(signal.SIGTERM, save)\nprint('up',flush=True)\n${forever}`;
      await executor.start(job('saves', code));
      await eventually(async () => (await executor.log('saves')).text.includes('up'));
      expect(await executor.stop('saves', 'worker moves')).toMatchObject({ reason: 'stopped', code: 0 });
      expect(await executor.output('saves')).toMatchObject({ checkpoints: 1 });
    });

    it('ends what a finished program left behind', async () => {
      const code = `import os,time\npid=os.fork()\nif pid==0:\n    os.setsid()\n    if os.fork()==0:\n        time.sleep(600)\n    os._exit(0)\nos.waitpid(pid,0)\nprint('left',flush=True)`;
      await executor.start(job('daemon', code));
      expect(await ended(executor, 'daemon')).toMatchObject({ code: 0, reason: 'exited' });
    });

    it('shows the last progress line that is one', async () => {
      const code = `${atOutput}open(job['progress'],'w').write('{"done":1,"total":3}\\n{"done":2,"total":3,"metrics":{"auc":0.71},"message":"epoch 2"}\\nnot json\\n{"done": "x"}\\n{"done"')`;
      await executor.start(job('progress', code));
      await ended(executor, 'progress');
      expect(await executor.progress('progress')).toEqual({
        done: 2,
        total: 3,
        metrics: { auc: 0.71 },
        message: 'epoch 2',
      });
    });

    it('keeps the head and the tail of a long log and counts the rest', async () => {
      const code = "import sys\nsys.stdout.write('HEAD'+'x'*3_000_000+'TAIL')";
      await executor.start(job('chatty', code, { limits: { logBytes: 65_536 } }));
      const exit = await ended(executor, 'chatty');
      const log = await executor.log('chatty', 1_000_000);
      expect(log).toMatchObject({ bytes: 3_000_008, dropped: exit.logBytesDropped });
      expect(log.text.length).toBeLessThan(66_000);
      expect(log.text).toMatch(new RegExp(`^HEAD[\\s\\S]*${log.dropped} bytes of the log were dropped[\\s\\S]*TAIL$`));
    });

    it('kills a program that holds more memory than its limit', async () => {
      const code = 'import time\nheld=[]\nwhile True:\n    held.append(bytearray(8_000_000)); time.sleep(0.005)';
      await executor.start(job('greedy', code, { limits: { memoryBytes: 120_000_000 } }));
      const exit = await ended(executor, 'greedy');
      expect(exit).toMatchObject({ oomKilled: true, reason: 'memory', signal: 'SIGKILL' });
      expect(exit.detail).toMatch(/the limit is 120000000 bytes/);
    });

    it('ends a job that nobody looks after', async () => {
      await executor.start(job('orphan', forever, { limits: { leaseSeconds: 1, graceSeconds: 1 } }));
      expect(await ended(executor, 'orphan')).toMatchObject({ reason: 'lease' });
    });

    it('keeps a job that is looked after', async () => {
      // The control: the same job that nobody looks after.
      for (const id of ['tended', 'untended'])
        await executor.start(job(id, forever, { limits: { leaseSeconds: 4, graceSeconds: 1 } }));
      let over = false;
      const control = ended(executor, 'untended').finally(() => {
        over = true;
      });
      for (; !over; await sleep(200)) await executor.touch('tended');
      expect(await control).toMatchObject({ reason: 'lease' });
      expect((await executor.attach('tended')).kind).toBe('running');
      await executor.stop('tended', 'test over');
    });

    it('hands over declared variables and secrets, nothing else of the worker, and writes no secret down', async () => {
      const code = `${atOutput}json.dump({k:os.environ.get(k) for k in ('DECLARED','TOKEN','RATCHET_TEST_LEAK')},open(out+'/output.json','w'))`;
      await executor.start(
        job('environment', code, { env: { DECLARED: 'yes' }, secrets: { TOKEN: 'hush-hush-secret' } }),
      );
      await ended(executor, 'environment');
      const { json, folder } = await executor.output('environment');
      expect(json).toEqual({ DECLARED: 'yes', TOKEN: 'hush-hush-secret', RATCHET_TEST_LEAK: null });
      if (!under.kept) return;
      const files = (await readdir(under.kept, { recursive: true, withFileTypes: true })).filter((entry) =>
        entry.isFile(),
      );
      for (const file of files) {
        if (file.parentPath === folder) continue;
        expect(await readFile(join(file.parentPath, file.name), 'utf8'), file.name).not.toContain('hush-hush-secret');
      }
    });

    it('says what is wrong with an output.json that is no JSON', async () => {
      await executor.start(job('badoutput', `${atOutput}open(out+'/output.json','w').write('{x')`));
      await ended(executor, 'badoutput');
      await expect(executor.output('badoutput')).rejects.toThrow(/output\.json is not JSON .*json\.dump/);
    });

    it('goes to one of many that take it over, running, and no longer listens to the one before', async () => {
      const first = { run: 'first', node: 'n' };
      const started = runningPid(await executor.start(job('taken', forever, { labels: first })));
      expect(await executor.holder('taken')).toEqual({ ...first, taken: 0, attempt: 0, running: false });
      const takers = Array.from({ length: 8 }, (_, index) => ({ run: `next-${index}`, node: 'n' }));
      const took = await Promise.all(takers.map((by) => executor.take('taken', by, 0)));
      expect(took.filter(Boolean)).toHaveLength(1);
      const next = takers[took.indexOf(true)] ?? first;
      expect(await executor.holder('taken')).toEqual({ ...next, taken: 1, attempt: 1, running: true });
      expect((await executor.list()).find(({ id }) => id === 'taken')).toMatchObject({ labels: next, taken: 1 });

      expect(await executor.stop('taken', 'too late', first)).toBeNull();
      const reaped = await executor.reap(async ({ labels }) => (labels.run === 'first' ? 'closed' : 'unknown'));
      expect(reaped.stopped).toEqual([]);
      expect(runningPid(await executor.attach('taken'))).toBe(started);
      expect(await executor.stop('taken', 'its own', next)).toMatchObject({ reason: 'stopped', detail: 'its own' });
      // Over, it can be taken over all the same, and the list says so.
      expect(await executor.take('taken', first, 1)).toBe(true);
      expect(await executor.holder('taken')).toEqual({ ...first, taken: 2, attempt: 1, running: false });
      expect((await executor.list()).find(({ id }) => id === 'taken')).toMatchObject({ labels: first, taken: 2 });
      expect(await executor.take('nobody', first, 0)).toBe(false);
      expect(await executor.holder('nobody')).toBeNull();
    });

    it('stops jobs of closed runs and forgets old ones, no others', async () => {
      await executor.start(job('closed', forever, { labels: { run: 'a' } }));
      await executor.start(job('open', forever, { labels: { run: 'b' } }));
      const ownerOf = async ({ labels }: { labels: Readonly<Record<string, string>> }) =>
        labels.run === 'a' ? ('closed' as const) : ('unknown' as const);
      // Others of this suite are of nobody that it knows: they are left to their own.
      expect(await executor.reap(ownerOf)).toEqual({ stopped: ['closed'], removed: [] });
      const { stopped, removed } = await executor.reap(ownerOf, 0);
      expect([stopped, removed.includes('closed'), removed.includes('open')]).toEqual([[], true, false]);
      expect(await executor.attach('closed')).toEqual({ kind: 'absent' });
      await expect(executor.remove('open')).rejects.toThrow(/running; stop it/);
      await executor.stop('open', 'test over');
      await executor.remove('open');
      expect(await executor.attach('open')).toEqual({ kind: 'absent' });
    });
  });
}
