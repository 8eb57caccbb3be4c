/** Script steps: the trainer's contract for any step. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRunScript, type RunScript } from '#activities/model/run-job/run-job.ts';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import type { StepCall } from '#contracts/run.ts';
import { attemptOf, startWorld, type World } from '../integration/train-setup.ts';

let world: World;
let runScript: RunScript;
beforeAll(async () => {
  world = await startWorld();
  runScript = createRunScript(world.deps);
}, 240_000);
afterAll(() => world.close());

const preamble = `
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const job = JSON.parse(readFileSync(process.env.RATCHET_JOB, 'utf8'));
const out = (name, text) => writeFileSync(join(job.output, name), text);
const answer = (value) => out('output.json', typeof value === 'string' ? value : JSON.stringify(value));
console.log('starts');
`;
const call = async (body: string): Promise<Pick<StepCall, 'code' | 'step' | 'input'>> => {
  const program = await world.program(['node', 'step.mjs'], { 'step.mjs': preamble + body });
  const code = { kind: 'script' as const, digest: 'd', effect: false, cache: true, timeout: '1h' as const };
  return {
    step: 'script',
    input: { body },
    code: { ...code, attempts: 1, queue: null, place: 'host', memoryMb: null, program },
  };
};
const run = async (name: string, body: string, input: Parameters<RunScript>[1] = {}) =>
  runScript(await call(body), input, attemptOf(`run/tumours/${name}`, 'step'));
const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('a script step', () => {
  it('finds local files in place of references, wherever they are in its input', async () => {
    const rows = await world.dataset('a,b\n1,x\n2,y\n');
    const output = await run(
      'inputs',
      `answer({ named: job.inputs.rows.format, params: job.params, seed: Number.isInteger(job.seed),
         deep: job.input.nested[0].data, magic: readFileSync(job.input.nested[0].data.path).subarray(0, 4).toString() });`,
      { rows, nested: [{ data: rows }], params: { depth: 3 } },
    );
    expect(output).toEqual({
      named: 'parquet',
      params: { depth: 3 },
      seed: true,
      deep: { ...rows, path: expect.stringContaining(world.folder), format: 'parquet' },
      magic: 'PAR1',
    });
  });

  it('hands on the files that its output names: tables as datasets, the rest as files', async () => {
    const output = await run(
      'files',
      `mkdirSync(join(job.output, 'sub'));
       out('sub/rows.csv', 'a,b\\n1,x\\n2,y\\n3,z\\n');
       out('notes.txt', 'größer');
       out('raw.csv', 'not;a;table\\n');
       answer({ rows: { $file: 'sub/rows.csv' }, list: [{ $file: 'notes.txt' }], raw: { $file: 'raw.csv', format: 'file' }, count: 3 });`,
    );
    expect(output).toMatchObject({
      rows: { kind: 'dataset', format: 'parquet', rows: 3, columns: [{ name: 'a' }, { name: 'b' }] },
      list: [{ kind: 'file', name: 'notes.txt', bytes: 8 }],
      raw: { kind: 'file', name: 'raw.csv' },
      count: 3,
    });
    const { list } = output as unknown as { list: { uri: string; digest: string }[] };
    const text = await world.deps.store.get(world.deps.store.key(list[0]?.uri ?? ''));
    expect(new TextDecoder().decode(text ?? new Uint8Array())).toBe('größer');
    expect(list[0]?.uri).toContain(`files/md5/${list[0]?.digest.slice(4, 6)}/`);
  });

  it('is not run twice when its activity is', async () => {
    const step = await call(`appendFileSync(process.env.RATCHET_CHECKPOINTS + '/starts', 'x'); answer({ ok: true });`);
    for (let i = 0; i < 2; i++)
      expect(await runScript(step, {}, attemptOf('run/tumours/twice', 'step'))).toEqual({ ok: true });
    const { text } = await world.executor.log(jobId('run/tumours/twice', 'step'));
    expect(text.match(/^starts$/gm)).toHaveLength(1);
  });

  it.each([
    ['writes nothing', '', 'InvalidOutput', /wrote no output\.json: write its result as JSON/],
    ['writes no JSON', `answer('{"auc": NaN}');`, 'InvalidOutput', /not JSON/],
    [
      'names a file that is not there',
      `answer({ f: { $file: 'gone.csv' } });`,
      'InvalidOutput',
      /"gone\.csv", which is not there/,
    ],
    [
      'names a file elsewhere',
      `answer({ f: { $file: '../../../../etc/hostname' } });`,
      'InvalidOutput',
      /outside of its output folder|not there/,
    ],
    [
      'names a link that leads elsewhere',
      `symlinkSync('/etc/passwd', join(job.output, 'link.txt')); answer({ f: { $file: 'link.txt' } });`,
      'InvalidOutput',
      /outside of its output folder/,
    ],
    [
      'names a folder',
      `mkdirSync(join(job.output, 'd')); answer({ f: { $file: 'd' } });`,
      'InvalidOutput',
      /is no file/,
    ],
    [
      'writes a broken Parquet',
      `out('t.parquet', 'PAR1 and no more'); answer({ $file: 't.parquet' });`,
      'DataInvalid',
      /t\.parquet/,
    ],
    ['ends with a code', 'process.exit(3);', 'JobFailed', /ended with code 3.*ratchet logs run\/tumours\/.* step/s],
    ['cannot be started', null, 'JobFailed', /could not be started/],
  ])('that %s is told so', async (name, body, type, message) => {
    const id = name.replace(/\W+/g, '-');
    const work =
      body === null
        ? (async () => {
            const step = await call('');
            const { program } = step.code;
            if (!program) throw new Error('no program');
            const broken = { ...program, command: ['no-such-program-anywhere'] };
            return runScript(
              { ...step, code: { ...step.code, program: broken } },
              {},
              attemptOf(`run/tumours/${id}`, 'step'),
            );
          })()
        : run(id, body);
    expect(await failure(work)).toMatchObject({ type, message: expect.stringMatching(message) });
  });
});
