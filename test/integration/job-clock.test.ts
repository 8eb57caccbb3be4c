/** Somebody sets the clock while a job runs, starts or is stopped: it is neither taken for late nor started twice. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { supervise } from '#activities/model/trainer-job/supervision.ts';
import type { LocalExecutor } from '#adapters/process/local-executor.ts';
import { eventually, pythonJob } from '../conformance/executor.ts';
import { localExecutor } from '../fixtures/local-executor.ts';

let folder: string;
let executor: LocalExecutor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-clock-'));
  executor = localExecutor(folder);
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await executor.reap(async () => 'closed');
  await rm(folder, { recursive: true, force: true });
});

/** From now on the wall says so much more. */
function step(minutes: number): void {
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + minutes * 60_000);
}
const untilFile = (path: string) =>
  `import os,time\nprint('up',flush=True)\nwhile not os.path.exists(${JSON.stringify(path)}): time.sleep(0.05)`;

it.each([15, -15])('a step of %i minutes ends no job before its time limit', async (minutes) => {
  const id = `step${minutes}`;
  const go = join(folder, `go${minutes}`);
  const lines: string[] = [];
  const work = supervise({
    executor,
    material: pythonJob(id, untilFile(go)),
    context: {
      run: { id: 'run/clock/1' },
      node: 'step',
      signal: new AbortController().signal,
      stopping: () => false,
      progress: (line) => void lines.push(line),
      limits: { memoryMb: null, timeoutMs: 5 * 60_000 },
    },
    spec: async () => pythonJob(id, untilFile(go)),
    describe: async () => null,
  });
  await eventually(async () => (await executor.log(id)).text.includes('up'));
  step(minutes);
  const seen = lines.length;
  // It has looked at the time since.
  await eventually(async () => lines.length > seen + 1);
  await executor.start(pythonJob(`${id}-other`, 'pass'));
  await writeFile(go, '');
  expect(await work).toMatchObject({ reason: 'exited', code: 0, attempt: 1 });
});

it('a step forward shortens no grace: a trainer that saves is not killed', async () => {
  const saves = `import signal,sys,time,os\nsaved=os.path.join(os.environ['RATCHET_CHECKPOINTS'],'last')\ndef save(*_):\n    time.sleep(2); open(saved,'w').close(); sys.exit(0)\nsignal.signal(signal.SIGTERM, save)\nprint('up',flush=True)\nwhile True: time.sleep(1)`;
  await executor.start(pythonJob('saves', saves));
  await eventually(async () => (await executor.log('saves')).text.includes('up'));
  const stopped = executor.stop('saves', 'test over');
  await eventually(async () => (await executor.attach('saves')).kind === 'running');
  step(15);
  expect(await stopped).toMatchObject({ reason: 'stopped', code: 0 });
  expect((await executor.output('saves')).checkpoints).toBe(1);
});
