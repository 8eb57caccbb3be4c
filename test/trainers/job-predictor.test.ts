/** Real models, saved by MLflow, asked through the warm Python process. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PythonPredictor } from '#adapters/process/predictor.ts';
import type { PredictRequest } from '#ports/predictor.ts';
import { testPython } from '../servers/programs.ts';

const run = promisify(execFile);
const python = testPython();
const never = new AbortController().signal;
let folder: string;
let predictor: PythonPredictor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-predict-'));
  const env: NodeJS.ProcessEnv = { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' };
  delete env.PYTHONDONTWRITEBYTECODE;
  await run(python, [join(import.meta.dirname, 'job-predictor-models.py'), folder], {
    cwd: folder,
    env,
    timeout: 240_000,
  });
  predictor = new PythonPredictor({ trainers: join(import.meta.dirname, '../../trainers') });
  predictor.warm(python);
}, 300_000);
afterAll(async () => {
  await predictor?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const ask = (model: string, more: Partial<PredictRequest> = {}, signal = never) =>
  predictor.predict(
    {
      python,
      model: join(folder, model),
      name: `the ${model}`,
      rows: join(folder, 'rows.parquet'),
      without: ['late', 'kind', 'amount'],
      task: 'binary',
      to: join(folder, `${crypto.randomUUID()}.parquet`),
      ...more,
    },
    signal,
  );
async function select(query: string): Promise<unknown[][]> {
  const connection = await (await DuckDBInstance.create()).connect();
  return (await connection.runAndReadAll(query)).getRows();
}

describe('the predictor', { timeout: 120_000 }, () => {
  it('gives the probabilities of a classifier, as the classifier itself would', async () => {
    const scores = await ask('trees');
    expect(scores).toMatchObject({ rows: 400, value: null, label: null });
    const labels = [
      { label: 'False', column: 'p0' },
      { label: 'True', column: 'p1' },
    ];
    expect(scores.probabilities).toEqual(labels);
    const own = join(folder, 'trees-say.parquet');
    expect(
      await select(`select count(*) from '${scores.file}' s positional join '${own}' t where s.p1 <> t.p`),
    ).toEqual([[0n]]);
  });

  it('has a model that is loaded anew predict its input example, and tells what it says', async () => {
    const example = (model: string) =>
      predictor.example({ python, model: join(folder, model), name: `the ${model}` }, never);
    expect(await example('example')).toEqual({ rows: 5, error: null });
    expect(await example('native-example')).toEqual({ rows: 3, error: null });
    expect(await example('trees')).toBeNull();
    expect(await example('forgets')).toEqual({ rows: 5, error: 'it gave 4 answers for 5 rows' });
    expect(await example('forgets-b')).toEqual({
      rows: 5,
      error: "KeyError: 'the lookup of b was not saved with the model'",
    });
    expect((await example('nowhere'))?.error).toMatch(/MLmodel|nowhere/);
  });

  it('tells the signature that the model was logged with, and that there is none', async () => {
    const input = (name: string) => ({ name, type: 'double', required: true });
    expect((await ask('trees')).signature).toEqual({
      inputs: ['a', 'b', 'c'].map(input),
      outputs: [
        { name: null, type: '{"tensor-spec": {"dtype": "bool", "shape": [-1]}, "type": "tensor"}', required: true },
      ],
    });
    expect((await ask('custom')).signature?.inputs.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect((await ask('leaky', { without: [] })).signature).toBeNull();
  });

  it('reads what MLflow saves by default, and scores by margin where there is no probability', async () => {
    expect(await ask('skops')).toMatchObject({ rows: 400, probabilities: [{ label: 'False' }, { label: 'True' }] });
    expect(await ask('margin')).toMatchObject({ rows: 400, probabilities: null, value: 'value' });
  });

  it('gives the figures of a regression and the classes of a multiclass model', async () => {
    const { file, value } = await ask('regression', { task: 'regression' });
    expect(value).toBe('value');
    const rows = join(folder, 'rows.parquet');
    const exact = `select max(abs(s.value - t.amount)) < 1e-9 from '${file}' s positional join '${rows}' t`;
    expect(await select(exact)).toEqual([[true]]);
    const scores = await ask('multiclass', { task: 'multiclass' });
    expect(scores.probabilities?.map(({ label }) => label)).toEqual(['blue', 'green', 'red']);
    expect(await select(`select max(abs(p0 + p1 + p2 - 1)) < 1e-9 from '${scores.file}'`)).toEqual([[true]]);
  });

  it('takes a model of any other flavour by pyfunc, and keeps scores that are missing', async () => {
    const { file, value, rows } = await ask('custom');
    expect({ rows, value }).toEqual({ rows: 400, value: 'value' });
    const missing = `select count(*) filter (value is null or isnan(value)), count(*) from '${file}'`;
    expect(await select(missing)).toEqual([[5n, 400n]]);
  });

  it('keeps apart two models that bring a module of the same name', async () => {
    const [plus, minus] = await Promise.all([ask('own1'), ask('own-1')]);
    const sum = `select max(abs(s.p1 + t.p1 - 1)) < 1e-9 from '${plus.file}' s positional join '${minus.file}' t`;
    expect(await select(sum)).toEqual([[true]]);
  });

  it('says which column a model misses, and refuses one that reads the target', async () => {
    const rows = join(folder, 'without-b.parquet');
    await expect(ask('trees', { rows })).rejects.toThrow(
      /^the trees reads 'b', which the rows lack; they have 'late', 'c'/,
    );
    await expect(ask('leaky')).rejects.toThrow(/^the leaky reads 'late', which a model that is judged must not see/);
    await expect(ask('nothing')).rejects.toThrow(/^the nothing has no MLmodel file/);
  });

  it('gives Python’s reason when the model throws, and survives one that crashes', async () => {
    const reason = /^the throws could not predict: ValueError: unknown category 'ZZ'/;
    await expect(ask('throws')).rejects.toMatchObject({ type: 'JobFailed', message: expect.stringMatching(reason) });
    const crash = expect.stringMatching(/^the crashes ended its process with SIGSEGV/);
    await expect(ask('crashes')).rejects.toMatchObject({ type: 'StepHostDied', message: crash });
    expect(await ask('trees')).toMatchObject({ rows: 400 });
  });

  it('stops when it is cancelled, and answers the others', async () => {
    const cancel = new AbortController();
    const slow = ask('sleeps', {}, cancel.signal);
    const other = ask('trees');
    cancel.abort(new Error('cancelled by the user'));
    await expect(slow).rejects.toThrow('cancelled by the user');
    expect(await other).toMatchObject({ rows: 400 });
  });

  it('says so when there is no such Python', async () => {
    const missing = ask('trees', { python: join(folder, 'no-python') });
    const message = expect.stringMatching(/could not be started/);
    await expect(missing).rejects.toMatchObject({ type: 'StepHostDied', message });
  });
});
