/** `ratchet init`: from a trainer and a table to a pipeline that runs. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { hasGlob } from '#activities/data/glob.ts';
import { formatOf, isInside } from '#activities/data/source/source.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import type { Column, Format } from '#contracts/data.ts';
import type { Duration } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import { Name } from '#contracts/name-rule.ts';
import { reservedWorkflowTypes } from '#contracts/names.ts';
import { isStored, localData } from '../../kit/datasets.ts';
import { createOutput } from '../../kit/output.ts';
import { projectRoot } from '../../kit/project.ts';
import { labelsOf } from './look-at-labels.ts';
import { pipelineSource, readmeSource, type Starter, type Task } from './pipeline-template.ts';

/** Whole numbers with more values than this are an amount, not classes. */
const MOST_CLASSES = 20;

export async function initPipeline(options: {
  trainer: string;
  data: string;
  target: string;
  name?: string;
  time?: string;
  json?: boolean;
}): Promise<void> {
  const out = createOutput(options.json ?? false);
  const root = projectRoot();
  if (isStored(options.data))
    throw new UserError(
      'InvalidInput',
      `--data ${options.data}: init looks at files of this machine. Give one with the same columns, and write the s3:// name into pipeline.ts afterwards.`,
    );
  const files = await localData(options.data);
  const data = resolve(options.data);
  const trainer = presentFile(options.trainer, '--trainer');
  const name = pipelineName(options.name ?? nameOf(data));
  const folder = join(root, 'pipelines', name);
  const taken = fileInTheWay(folder, trainer);
  if (taken) throw new UserError('InvalidInput', `${taken} is there already: choose another --name, or remove it.`);
  const table = await look(files, formatOf(files, undefined), options.target, options.time);
  const starter: Starter = {
    name,
    data: sourceOf(data, root, name),
    target: options.target,
    trainer: basename(trainer),
    time: options.time ?? null,
    task: table.task,
    labelsAfter: table.labelsAfter,
  };
  mkdirSync(folder, { recursive: true });
  const script = join(folder, basename(trainer));
  if (script !== trainer) copyFileSync(trainer, script);
  writeFileSync(join(folder, 'pipeline.ts'), pipelineSource(starter));
  writeFileSync(join(folder, 'README.md'), readmeSource(starter));

  const { task, rows, labelsAfter } = table;
  out.object({ name, folder, task, rows, columns: table.columns.length, labelsAfter });
  out.print(
    [
      `Wrote ${relative(process.cwd(), folder) || '.'}: pipeline.ts, ${basename(trainer)}, README.md`,
      `  ${table.rows.toLocaleString('en')} rows, ${table.columns.length} columns; "${options.target}" looks like a ${words[table.task]} target (${table.why})`,
      ...table.notes.map((note) => `  ${note}`),
      `  Read the gate's rules in pipeline.ts: they are a guess until you have looked at them.`,
      '',
      'Next:  ratchet dev',
      `       ratchet run ${name} --wait`,
    ].join('\n'),
  );
}

/** The first file that `init` would write over; a trainer that lies in the folder already stays as it is. @internal */
export function fileInTheWay(folder: string, trainer: string): string | null {
  const files = ['pipeline.ts', 'README.md', basename(trainer)].map((name) => join(folder, name));
  return files.find((file) => file !== trainer && existsSync(file)) ?? null;
}

/** After the file, or the folder where the name stands for many: `bikes/*.csv` are the bikes. @internal */
export function nameOf(data: string): string {
  const name = data.split('/').findLast((part) => part !== '' && !hasGlob(part)) ?? '';
  return name.replace(/\..*$/, '').replaceAll('_', '-');
}

/**
 * How the pipeline names its data: by the way from its own folder inside of the project, which may then move as a whole,
 * and by an absolute path outside, because a relative one may not lead out of the project.
 * @param data an absolute path
 * @internal
 */
export function sourceOf(data: string, root: string, pipeline: string): string {
  return isInside(data, root) ? relative(join(root, 'pipelines', pipeline), data) : data;
}

const words: Record<Task, string> = { binary: 'yes-or-no', multiclass: 'many-classes', regression: 'numeric' };

function presentFile(path: string, option: string): string {
  const full = resolve(path);
  if (!existsSync(full))
    throw new UserError('InvalidInput', `${option} ${path}: there is no such file in ${process.cwd()}.`);
  return full;
}

function pipelineName(text: string): string {
  const name = Name.safeParse(text);
  if (!name.success)
    throw new UserError(
      'InvalidInput',
      `"${text}" cannot name a pipeline: ${name.error.issues[0]?.message}. Give another --name.`,
    );
  if ((reservedWorkflowTypes as readonly string[]).includes(text))
    throw new UserError('InvalidInput', `"${text}" is a name of Ratchet's own: give another --name.`);
  return name.data;
}

interface Look {
  rows: number;
  columns: readonly Column[];
  task: Task;
  why: string;
  /** How late labels seem to come; null: none is missing, or it cannot be told. */
  labelsAfter: Duration | null;
  /** What else the target's missing values mean, to be told. */
  notes: readonly string[];
}

async function look(files: readonly string[], format: Format, target: string, time: string | undefined): Promise<Look> {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-init-'));
  const tables = createTables();
  try {
    const to = join(folder, 'table.parquet');
    const facts = await tables.snapshot({ files: [...files], format, to });
    const type = columnNamed(facts.columns, target, '--target').type;
    if (time) columnNamed(facts.columns, time, '--time');
    const [answer] = await tables.measure({ files: [to], measures: [{ of: 'distinct', column: target }] });
    const distinct = Number(answer && 'value' in answer ? answer.value : Number.NaN);
    const labels = await labelsOf(tables, to, { target, time: time ?? null, rows: facts.rows });
    return { rows: facts.rows, columns: facts.columns, ...guessTask(type, distinct), ...labels };
  } finally {
    await tables.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function columnNamed(columns: readonly Column[], name: string, option: string): Column {
  const column = columns.find((one) => one.name === name);
  if (column) return column;
  throw new UserError(
    'InvalidInput',
    `${option} "${name}" is not a column of the table. It has: ${columns.map((one) => one.name).join(', ')}.`,
  );
}

function guessTask(type: string, distinct: number): { task: Task; why: string } {
  const why = `${distinct} different values of type ${type}`;
  if (distinct === 2) return { task: 'binary', why };
  const whole = /INT/.test(type);
  if (/DOUBLE|FLOAT|DECIMAL|REAL/.test(type) || (whole && distinct > MOST_CLASSES)) return { task: 'regression', why };
  return { task: 'multiclass', why };
}
