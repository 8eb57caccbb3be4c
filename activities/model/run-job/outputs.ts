/** What a script wrote, as references: files that its output names are stored by the MD5 of their bytes. */
import { stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { type DatasetRef, type FileRef, Format } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { type Json, jsonProblem } from '#contracts/json.ts';
import type { Executor, NoOutputFile } from '#ports/executor.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { TableFacts, Tables } from '#ports/tables.ts';
import { storeFile } from '../../data/stored-file.ts';
import type { StageContext } from '../../stage.ts';

/** In output.json: a file beside it. `format`: a table of that sort, or `file` to keep its bytes as they are. */
const Named = z.strictObject({ $file: z.string().min(1), format: Format.or(z.literal('file')).optional() });

const byExtension: Record<string, Format> = { '.parquet': 'parquet', '.csv': 'csv', '.jsonl': 'jsonl' };

const why: Record<NoOutputFile, string> = {
  absent: 'is not there',
  outside: 'lies outside of its output folder',
  'not-a-file': 'is no file',
};

export interface OutputNeeds {
  executor: Pick<Executor, 'output' | 'fetch'>;
  store: ObjectStore;
  tables: Pick<Tables, 'inspect' | 'snapshot' | 'md5'>;
}

/**
 * The output with every `{ "$file": "relative/path" }` replaced: tables (Parquet; CSV and JSON lines are turned into it)
 * become a dataset, other files a file reference.
 * @throws UserError InvalidOutput when there is no output.json, or a file that it names is missing or elsewhere;
 *   DataInvalid when a table cannot be read.
 */
export async function storedOutput(
  needs: OutputNeeds,
  id: string,
  { node, signal, workdir }: Pick<StageContext, 'node' | 'signal' | 'workdir'>,
): Promise<Json> {
  const output = await needs.executor.output(id);
  if (output.json === undefined)
    throw new UserError(
      'InvalidOutput',
      `The script of ${node} ended well but wrote no output.json: write its result as JSON to os.path.join(job["output"], "output.json").`,
    );
  const problem = jsonProblem(output.json);
  if (problem) throw new UserError('InvalidOutput', `The output of ${node} is no plain JSON: ${problem}`);
  let files = 0;
  const visit = async (part: Json): Promise<Json> => {
    if (part === null || typeof part !== 'object') return part;
    if (Array.isArray(part)) {
      const items: Json[] = [];
      for (const item of part) items.push(await visit(item));
      return items;
    }
    if ('$file' in part) {
      const named = Named.safeParse(part);
      if (!named.success)
        throw new UserError(
          'InvalidOutput',
          `The output of ${node} names a file as ${JSON.stringify(part).slice(0, 200)}: write { "$file": "path below the output folder", "format": "parquet" | "csv" | "jsonl" | "file" }.`,
        );
      const { $file, format = byExtension[extname($file).toLowerCase()] ?? 'file' } = named.data;
      const number = files++;
      const path = join(workdir, `output-${number}`, basename($file));
      const missing = await needs.executor.fetch(id, $file, path, signal);
      if (missing)
        throw new UserError(
          'InvalidOutput',
          `The output of ${node} names the file ${JSON.stringify($file)}, which ${why[missing]}: write it below job["output"] and name it relative to that folder.`,
        );
      return format === 'file'
        ? keepFile(needs, path, signal)
        : keepTable(needs, path, format, join(workdir, `table-${number}.parquet`), signal);
    }
    const entries: [string, Json][] = [];
    for (const [key, item] of Object.entries(part)) entries.push([key, await visit(item ?? null)]);
    return Object.fromEntries(entries);
  };
  // Checked by jsonProblem above.
  return visit(output.json as Json);
}

export async function keepFile({ store, tables }: OutputNeeds, path: string, signal: AbortSignal): Promise<FileRef> {
  const [md5 = ''] = await tables.md5([path], signal);
  const { size } = await stat(path);
  return {
    kind: 'file',
    uri: store.uri(await storeFile(store, path, md5, signal)),
    digest: `md5:${md5}`,
    bytes: size,
    name: basename(path),
  };
}

async function keepTable(
  { store, tables }: OutputNeeds,
  path: string,
  format: Format,
  draft: string,
  signal: AbortSignal,
): Promise<DatasetRef> {
  const parquet = format === 'parquet' ? path : draft;
  const facts: TableFacts =
    format === 'parquet'
      ? await tables.inspect(path, signal)
      : await tables.snapshot({ files: [path], format, to: draft }, signal);
  return {
    kind: 'dataset',
    uri: store.uri(await storeFile(store, parquet, facts.md5, signal)),
    digest: `md5:${facts.md5}`,
    format: 'parquet',
    rows: facts.rows,
    bytes: facts.bytes,
    columns: [...facts.columns],
  };
}
