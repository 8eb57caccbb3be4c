/** `ratchet features get` and `push`: the online store, without a server. */
import { readFileSync } from 'node:fs';
import { UserError } from '#contracts/failures.ts';
import { Problem } from '#gateway/problem.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import { personJson } from '#serving/answers.ts';
import { catalogueOf } from '#serving/definitions.ts';
import { parseExact } from '#serving/exact-json.ts';
import { type Columns, pushRows, viewsOfSource } from '#serving/pushes.ts';
import { timeText, toJson } from '#serving/values.ts';
import { readVectors } from '#serving/vectors.ts';
import { openOnlineStore } from '#workers/online/place.ts';
import { readGiven } from '../../kit/given-file.ts';
import { createOutput, table } from '../../kit/output.ts';
import { projectRoot } from '../../kit/project.ts';
import { serviceOfModel } from './model-service.ts';
import { readDefinitions } from './read-definitions.ts';

export interface GetOptions {
  definitions: string;
  store?: string;
  service?: string;
  features?: string[];
  model?: string;
  json?: boolean;
}

export interface PushOptions {
  definitions: string;
  store?: string;
  json?: boolean;
}

export async function getFeatures(keys: string[], options: GetOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  const ways = [options.service, options.features, options.model].filter((way) => way !== undefined);
  if (ways.length !== 1)
    throw new UserError(
      'InvalidInput',
      'give --service or --features, or the --model whose service it is: one of them',
    );
  const entities = Object.fromEntries(keys.map(pair));
  const defined = await readDefinitions(options.definitions);
  const catalogue = catalogueOf(defined);
  const { model } = options;
  const service =
    model === undefined ? options.service : await serviceOfModel(model, defined.document, options.definitions);
  const vectors = await withStore(options.store, (store) =>
    readVectors(
      {
        entities,
        ...(service ? { service } : {}),
        ...(options.features ? { features: options.features } : {}),
      },
      { catalogue, store, dialect: 'text', now: Date.now },
    ),
  );
  // What a number of JavaScript does not hold comes as text.
  out.object(parseExact(Buffer.from(personJson(vectors), 'utf8')));
  out.print(
    table(
      ['feature', 'value', 'status', 'of'],
      vectors.columns
        .slice(vectors.question.keys.length)
        .map(({ name, type, cells: [cell] }) => [
          name,
          cell && (cell.status === 'PRESENT' || cell.status === 'NULL_VALUE') ? toJson(type, cell.value, 'strict') : '',
          cell?.status ?? 'NOT_FOUND',
          cell && cell.event !== null ? timeText(cell.event) : '',
        ]),
    ),
  );
}

export async function pushFeatures(view: string, file: string, options: PushOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  const catalogue = catalogueOf(await readDefinitions(options.definitions));
  const text = file === '-' ? readFileSync(0, 'utf8') : await readGiven('the file', file);
  const columns = columnsOf(text, file);
  const written = await withStore(options.store, (store) =>
    pushRows(viewsOfSource(catalogue, view), columns, { catalogue, store, dialect: 'strict', now: Date.now }),
  );
  out.object({ view, ...written });
  const windows = written.changed > 0 ? `; windows of ${written.changed} changed` : '';
  out.print(`${view}: ${written.written} written, ${written.older} not newer than what is there${windows}.`);
}

async function withStore<T>(address: string | undefined, use: (store: OnlineStore) => Promise<T>): Promise<T> {
  const store = await openOnlineStore(address, projectRoot());
  try {
    return await use(store);
  } catch (error) {
    throw inWords(error);
  } finally {
    await store.close();
  }
}

/** What the server would answer 4xx to is wrong use here. */
function inWords(error: unknown): unknown {
  if (!(error instanceof Problem)) return error;
  return new UserError('InvalidInput', [error.message, error.more.next].filter(Boolean).join(' '), { cause: error });
}

function pair(text: string): [string, unknown[]] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), [text.slice(at + 1)]];
  throw new UserError('InvalidInput', `"${text.slice(0, 100)}" is no KEY=VALUE: write customer_id=42`);
}

function columnsOf(text: string, file: string): Columns {
  const columns = new Map<string, unknown[]>();
  const lines = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [{ line, number: index + 1 }]));
  if (lines.length === 0) throw new UserError('InvalidInput', `${file} holds no row: write one JSON object a line`);
  for (const [index, { line, number }] of lines.entries()) {
    const row = rowOf(line, `${file}, line ${number}`);
    for (const [name, value] of Object.entries(row)) {
      const column = columns.get(name) ?? [];
      // A column that another row lacks has no value there: it is told by its own length.
      if (column.length === index) column.push(value);
      columns.set(name, column);
    }
  }
  return Object.fromEntries(columns);
}

function rowOf(line: string, where: string): object {
  let row: unknown;
  try {
    row = parseExact(Buffer.from(line, 'utf8'));
  } catch (error) {
    throw new UserError('InvalidInput', `${where}: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row;
  throw new UserError('InvalidInput', `${where} is no object: write {"column": value, …}`);
}
