/** A pytest folder as a step: what it found is a check for the gate, whatever it found. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRunScript, type RunScript } from '#activities/model/run-job/run-job.ts';
import type { StepCall } from '#contracts/run.ts';
import { attemptOf, startWorld, type World } from './train-setup.ts';

let world: World;
let runScript: RunScript;
beforeAll(async () => {
  world = await startWorld();
  runScript = createRunScript(world.deps);
}, 240_000);
afterAll(() => world.close());

const call = async (
  command: string[],
  file: string,
  body: string,
): Promise<Pick<StepCall, 'code' | 'step' | 'input'>> => {
  const program = { ...(await world.program(command, { [file]: body })), report: 'junit' as const };
  const code = { kind: 'script' as const, digest: 'd', effect: false, cache: false, timeout: '1h' as const };
  return {
    step: 'contract',
    input: { body },
    code: { ...code, attempts: 1, queue: null, place: 'host', memoryMb: null, program },
  };
};
const pytest = (body: string) => call(['python', '-m', 'pytest', '-q', 'test_model.py'], 'test_model.py', body);
const run = async (name: string, work: Promise<Awaited<ReturnType<typeof call>>>, input = {}) =>
  runScript(await work, input, attemptOf(`run/tumours/${name}`, 'contract'));

describe('tests', () => {
  it('that pass read what they are given, and their report is kept', async () => {
    const rows = await world.dataset('a,b\n1,x\n2,y\n');
    const body = `
import json, os
import pyarrow.parquet as parquet
job = json.load(open(os.environ["RATCHET_JOB"]))
def test_rows(): assert parquet.read_table(job["inputs"]["rows"]["path"]).num_rows == 2
def test_more(): assert True
`;
    const output = await run('passed', pytest(body), { rows });
    const uri = expect.stringContaining('files/md5/');
    expect(output).toEqual({
      check: { name: 'contract', passed: true, tests: 2, report: uri },
      report: expect.objectContaining({ kind: 'file', name: 'junit.xml', uri }),
    });
    const { report } = output as unknown as { report: { uri: string } };
    const xml = Buffer.from((await world.deps.store.get(world.deps.store.key(report.uri))) ?? '').toString();
    expect(xml).toContain('<testcase classname="test_model" name="test_rows"');
  });

  it('that fail do not fail the step, and name what failed', async () => {
    const body = `
def test_ok(): assert True
def test_range(): assert 3 < 2, "scores lie between 0 and 1"
`;
    expect(await run('failed', pytest(body))).toMatchObject({
      check: {
        ...{ name: 'contract', passed: false, tests: 2 },
        failures: [expect.stringMatching(/^test_model test_range: AssertionError: scores lie between 0 and 1/)],
      },
    });
  });

  it('that are none show nothing', async () => {
    expect(await run('none', pytest('x = 1\n'))).toMatchObject({ check: { passed: true, tests: 0 } });
  });

  it('that are not even collected have failed', async () => {
    expect(await run('broken', pytest('import nothing_of_that_name\n'))).toMatchObject({
      check: { passed: false, failures: [expect.stringContaining('collection failure')] },
    });
  });

  it('that write no report have their exit code, and the last line of their log', async () => {
    const node = (body: string) => call(['node', 'check.mjs'], 'check.mjs', body);
    expect(await run('code-0', node(''))).toEqual({ check: { name: 'contract', passed: true }, report: null });
    expect(await run('code-3', node(`console.log('2 of 9 contracts broken'); process.exit(3);`))).toEqual({
      check: {
        ...{ name: 'contract', passed: false },
        failures: ['the command ended with code 3: 2 of 9 contracts broken'],
      },
      report: null,
    });
  });

  it('whose report is no JUnit XML, or that crash, fail the step', async () => {
    const node = (body: string) => call(['node', 'check.mjs'], 'check.mjs', body);
    const scribble = `import { writeFileSync } from 'node:fs'; writeFileSync(process.env.RATCHET_JUNIT, 'TAP version 13');`;
    await expect(run('scribble', node(scribble))).rejects.toMatchObject({ type: 'InvalidOutput' });
    await expect(run('abort', node('process.abort();'))).rejects.toMatchObject({
      type: 'JobFailed',
      message: expect.stringContaining('SIGABRT'),
    });
  });

  it('are not run again by an attempt that finds them ended', async () => {
    const body = `
import os
def test_once():
    with open(os.environ["RATCHET_CHECKPOINTS"] + "/runs", "a") as file: file.write("x")
    assert len(open(os.environ["RATCHET_CHECKPOINTS"] + "/runs").read()) == 1
    assert False, "fails each time"
`;
    for (let attempt = 0; attempt < 2; attempt++)
      expect(await run('twice', pytest(body))).toMatchObject({
        check: { failures: [expect.stringContaining('fails each time')] },
      });
  });
});
