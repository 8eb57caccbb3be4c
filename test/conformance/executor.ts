/** What every executor must do, wherever its jobs run. An implementation calls this with a factory and adds only its own quirks. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetRef, ModelRef } from '#contracts/data.ts';
import type { PinnedProgram } from '#contracts/program.ts';
import type { Executor, JobExit, JobSpec, JobState } from '#ports/executor.ts';
import { inputOf } from '#ports/job-document.ts';
import { waitUntil } from '../fixtures/wait-until.ts';
import type { JobStore } from './job-store.ts';

export interface ExecutorUnderTest {
  executor: Executor;
  /** Another worker's for the same jobs: the two have no memory in common. */
  another: Executor;
  /** What the place where the jobs run brings to them. `python` is a program there. */
  store: JobStore;
  /** Folder where everything the executor keeps can be searched; null when it keeps nothing here. */
  kept: string | null;
  dispose(): Promise<void>;
}

/** Polls until `look` gives something. */
export async function eventually<T>(look: () => Promise<T | undefined | null | false>): Promise<T> {
  const there = (found: T | undefined | null | false) => found !== undefined && found !== null && found !== false;
  return (await waitUntil(look, there)) as T;
}

/** Waits for the end of a job. */
export async function ended(executor: Executor, id: string): Promise<JobExit> {
  return eventually(async () => {
    const state = await executor.attach(id);
    if (state.kind === 'absent' || state.kind === 'died') throw new Error(`job ${id} is ${state.kind}`);
    return state.kind === 'done' && state.exit;
  });
}

/** A program that is a command and no more. */
export const programOf = (command: string[]): PinnedProgram => ({
  kind: 'program',
  command,
  pinned: { digest: createHash('sha256').update(JSON.stringify(command)).digest('hex'), files: [], lock: null },
});

/** A spec that runs `code` with Python. */
export function pythonJob(id: string, code: string, more: Partial<JobSpec> = {}): JobSpec {
  const request = { inputs: {}, params: {}, seed: 7 };
  return { id, attempt: 1, resumed: false, program: programOf(['python', '-c', code]), request, ...more };
}

function whereOf(state: JobState): string {
  if (state.kind !== 'running') throw new Error(`expected a running job, it is ${state.kind}`);
  return state.where;
}

const forever = 'import time\nwhile True: time.sleep(1)';
const atOutput = "import json,os\njob=json.load(open(os.environ['RATCHET_JOB']))\nout=job['output']\n";

export function executorConformance(name: string, factory: () => Promise<ExecutorUnderTest>): void {
  describe(`executor: ${name}`, { timeout: 60_000 }, () => {
    let under: ExecutorUnderTest;
    let executor: Executor;
    /** The caller's own, of which no executor is told but where to put a copy. */
    let mine: string;
    const job = pythonJob;
    beforeAll(async () => {
      mine = await mkdtemp(join(tmpdir(), 'ratchet-caller-'));
      under = await factory();
      executor = under.executor;
    });
    afterAll(async () => {
      await under?.dispose();
      await rm(mine, { recursive: true, force: true });
    });

    it('gives a program its request and hands back output.json, files, log and exit', async () => {
      const code = `${atOutput}open(out+'/curve.txt','w').write('abc')\njson.dump({'n':job['params']['n']+job['seed']},open(out+'/output.json','w'))\nprint('hello')`;
      await executor.start(job('whole', code, { request: { inputs: {}, params: { n: 1 }, seed: 7 } }));
      expect(await ended(executor, 'whole')).toMatchObject({
        code: 0,
        signal: null,
        reason: 'exited',
        oomKilled: false,
        attempt: 1,
      });
      expect(await executor.output('whole')).toEqual({ json: { n: 8 }, files: ['curve.txt'], checkpoints: 0 });
      expect(await executor.log('whole')).toEqual({ text: 'hello\n', bytes: 6, dropped: 0 });
    });

    it('knows nothing of a job that was never started', async () => {
      expect(await executor.attach('nobody')).toEqual({ kind: 'absent' });
      expect(await executor.stop('nobody', 'why not')).toBeNull();
      expect(await executor.progress('nobody')).toBeNull();
      expect(await executor.fetch('nobody', 'curve.txt', join(mine, 'nothing'))).toBe('absent');
      await executor.release('nobody');
      await executor.remove('nobody');
    });

    it('refuses an id that is no file name', async () => {
      await expect(executor.start(job('../escape', 'pass'))).rejects.toThrow(/job id/);
      await expect(executor.stage(job('../escape', 'pass'))).rejects.toThrow(/job id/);
    });

    it('tells the exit code of a failed program', async () => {
      await executor.start(job('fails', "import sys\nprint('no such column', file=sys.stderr)\nsys.exit(3)"));
      expect(await ended(executor, 'fails')).toMatchObject({ code: 3, reason: 'exited' });
      expect((await executor.log('fails')).text).toContain('no such column');
    });

    it('says which command it could not find, and what to do', async () => {
      await executor.start(job('missing', '', { program: programOf(['no-such-program-here']) }));
      const exit = await ended(executor, 'missing');
      expect(exit).toMatchObject({ code: 127, reason: 'not-started' });
      expect(exit.detail).toMatch(/'no-such-program-here' was not found.*Name a program/);
    });

    it('runs one process however often and by however many the job is started', async () => {
      const code = `${atOutput}open(out+'/starts.txt','a').write(str(os.getpid())+'\\n')\nprint('up',flush=True)\n${forever}`;
      const spec = job('once', code);
      const all = [executor, under.another, executor, under.another, executor];
      const states = await Promise.all(all.map((each) => each.start(spec)));
      const later = [await executor.start(spec), await executor.attach('once'), await under.another.attach('once')];
      expect(new Set([...states, ...later].map(whereOf)).size).toBe(1);
      await eventually(async () => (await executor.log('once')).text.includes('up'));
      await executor.stop('once', 'test over');
      expect(await executor.fetch('once', 'starts.txt', join(mine, 'starts.txt'))).toBeNull();
      expect((await readFile(join(mine, 'starts.txt'), 'utf8')).trim().split('\n')).toHaveLength(1);
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
      await executor.start({ ...spec, attempt: 2, resumed: true });
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

    it('brings what a job reads to where it runs, wherever it is named, and the files of its program', async () => {
      const [table, page] = [await under.store.keep('a,b\n1,2\n'), await under.store.keep('a page')];
      const files = await under.store.keepFolder({ MLmodel: 'flavors: {}', 'data/weights': '0.5' });
      const model: ModelRef = { kind: 'model', runId: 'r', ...files, environment: null, trainedOn: null };
      const rows: DatasetRef = { kind: 'dataset', ...table, format: 'csv', rows: 1, bytes: 8, columns: [] };
      const program = await under.store.pin(['python', 'main.py', 'word'], {
        'main.py': `import helper,json,os,sys
job=json.load(open(os.environ['RATCHET_JOB']))
read=lambda *path: open(os.path.join(*path)).read()
deep=job['input']['deep']
json.dump({'rows': read(job['inputs']['rows']['path']), 'page': read(deep['page']['path']), 'format': deep['page']['format'],
  'weights': read(deep['models'][0]['path'],'data','weights'), 'uri': deep['models'][0]['uri'], 'param': read(job['params']['rows']['path']),
  'helped': helper.help(), 'argv': sys.argv[1:]}, open(os.path.join(job['output'],'output.json'),'w'))`,
        'helper.py': "def help(): return 'helped'",
      });
      const spec = job('reads', '', {
        program,
        request: {
          inputs: { rows: inputOf(rows) },
          params: { rows },
          input: { deep: { page: { kind: 'file', ...page, bytes: 6, name: 'page.html' }, models: [model] } },
          seed: 1,
        },
      });
      // By two at once, again, and not begun by it.
      await Promise.all([executor.stage(spec), under.another.stage(spec)]);
      await executor.stage(spec);
      expect(await executor.attach('reads')).toEqual({ kind: 'absent' });
      await executor.start(spec);
      expect(await ended(executor, 'reads'), (await executor.log('reads')).text).toMatchObject({ code: 0 });
      const read = {
        ...{ rows: 'a,b\n1,2\n', param: 'a,b\n1,2\n', page: 'a page', format: 'html', weights: '0.5', uri: files.uri },
        ...{ helped: 'helped', argv: ['word'] },
      };
      expect((await executor.output('reads')).json).toEqual(read);
      // Its result was taken: what was brought for it goes, what it gave stays. A later attempt has all that it needs.
      for (let again = 0; again < 2; again++) await executor.release('reads');
      expect((await executor.output('reads')).json).toEqual(read);
      await executor.start({ ...spec, attempt: 2 });
      expect(await ended(executor, 'reads')).toMatchObject({ code: 0, attempt: 2 });
    });

    it('is begun by one that did not stage it, as after a death, from what was written down', async () => {
      const page = await under.store.keep('for the next');
      const code = `${atOutput}print(open(job['inputs']['page']['path']).read())`;
      const spec = job('inherited', code, {
        request: { inputs: { page: { ...page, format: 'txt' } }, params: {}, seed: 1 },
      });
      await executor.stage(spec);
      await under.another.start(JSON.parse(JSON.stringify(spec)));
      expect(await ended(executor, 'inherited')).toMatchObject({ code: 0 });
      expect((await executor.log('inherited')).text).toBe('for the next\n');
    });

    it('begins nothing with bytes that are not those of the digest, or with none', async () => {
      const { uri } = await under.store.keep('right');
      const { digest } = await under.store.keep('other');
      for (const [id, input] of Object.entries({
        changed: { uri, digest, format: 'txt' },
        gone: { uri: `${uri}0`, digest, format: 'txt' },
      })) {
        const spec = job(id, 'pass', { request: { inputs: { input }, params: {}, seed: 1 } });
        await expect(executor.stage(spec)).rejects.toThrow(uri);
        await expect(executor.start(spec)).rejects.toThrow(uri);
        expect(await executor.attach(id)).toEqual({ kind: 'absent' });
      }
    });

    it('gives copies of what a job wrote, of nothing else', async () => {
      const code = `${atOutput}os.makedirs(out+'/sub')
open(out+'/sub/rows.csv','w').write('a,b')
open(out+'/large','wb').write(bytes(range(256))*20000)
os.symlink('/etc/passwd', out+'/leads-out')
os.symlink(out+'/sub/rows.csv', out+'/leads-on')`;
      await executor.start(job('writes', code));
      await ended(executor, 'writes');
      expect((await executor.output('writes')).files).toEqual(['large', 'sub/rows.csv']);
      const fetched = async (file: string, to = join(mine, 'copies', 'one')) => executor.fetch('writes', file, to);
      await Promise.all([fetched('large'), fetched('large'), fetched('large', join(mine, 'copies', 'two'))]);
      for (const name of ['one', 'two'])
        expect(
          createHash('md5')
            .update(await readFile(join(mine, 'copies', name)))
            .digest('hex'),
        ).toBe(
          createHash('md5')
            .update(Buffer.alloc(256 * 20_000, Buffer.from(Array.from({ length: 256 }, (_, each) => each))))
            .digest('hex'),
        );
      for (const name of ['sub/rows.csv', 'leads-on', 'sub/../sub/rows.csv']) {
        expect(await fetched(name)).toBeNull();
        expect(await readFile(join(mine, 'copies', 'one'), 'utf8')).toBe('a,b');
      }
      expect(await fetched('leads-out')).toBe('outside');
      expect(await fetched('..')).toBe('outside');
      expect(await fetched('sub')).toBe('not-a-file');
      for (const name of ['gone', 'sub/rows.csv/x', '/etc/passwd', 'nul\0']) expect(await fetched(name)).toBe('absent');
      // Nothing half beside them.
      expect((await readdir(join(mine, 'copies'))).sort()).toEqual(['one', 'two']);
      await rm(join(mine, 'copies'), { recursive: true });
      expect(await fetched('large')).toBeNull();
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
      const { json } = await executor.output('environment');
      expect(json).toEqual({ DECLARED: 'yes', TOKEN: 'hush-hush-secret', RATCHET_TEST_LEAK: null });
      if (!under.kept) return;
      const files = (await readdir(under.kept, { recursive: true, withFileTypes: true })).filter((entry) =>
        entry.isFile(),
      );
      for (const file of files) {
        // The program's own words.
        if (file.name === 'output.json') continue;
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
      const started = whereOf(await executor.start(job('taken', forever, { labels: first })));
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
      expect(whereOf(await executor.attach('taken'))).toBe(started);
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
