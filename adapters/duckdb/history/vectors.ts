/** Vectors as lines of JSON, for a process that computes of them, and what it computed beside the rows. */
import type { Vectors } from '#ports/history.ts';
import type { TableFacts } from '#ports/tables.ts';
import { factsOf } from '../facts.ts';
import { columnsOf } from '../featurize/described.ts';
import { count, type Session } from '../host/session.ts';
import { readParquet } from '../reading/parquet/footers.ts';
import { writeParquet } from '../reading/write-parquet.ts';
import { identifier, list, text } from '../sql.ts';
import { asTime } from '../timestamp.ts';
import { wire, wires } from './extend.ts';
import { typedValue } from './typed-value.ts';

export async function vectors(session: Session, request: Parameters<Vectors['vectors']>[0]): Promise<number> {
  const columns = await columnsOf(session, readParquet([request.file]));
  const typeOf = (name: string): string => {
    const found = columns.find((each) => each.name === name);
    if (!found) throw new Error(`${name} is not among the columns`);
    return found.type;
  };
  const inputs = Object.values(request.inputs).map(({ column, type }, i) => {
    const value = wire(type, typedValue(type, { type: typeOf(column) }, identifier(column), column));
    return `CAST(${value} AS VARCHAR${type.endsWith('[]') ? '[]' : ''}) AS i${i}`;
  });
  const at = `CAST(epoch_us(${asTime(identifier(request.time), typeOf(request.time))}) AS VARCHAR) AS "at"`;
  const [written] = await session.rows(
    `COPY (SELECT ${['file_row_number AS "row"', at, ...inputs].join(', ')} FROM ${readParquet([request.file], ', file_row_number = true')})
     TO ${text(request.to)} (FORMAT json)`,
  );
  return count(written?.Count);
}

export async function extended(session: Session, request: Parameters<Vectors['extended']>[0]): Promise<TableFacts> {
  const outputs = Object.entries(request.outputs);
  const columns = [`"row": 'BIGINT'`, ...outputs.map((_, i) => `o${i}: 'VARCHAR'`)];
  await session.run(
    `CREATE TABLE computed AS SELECT * FROM read_json(${list([request.computed])}, format = 'newline_delimited', columns = {${columns.join(', ')}})`,
  );
  const select = request.select.map(({ from: name, name: as, computed }) => {
    if (!computed) return `f.${identifier(name)} AS ${identifier(as)}`;
    const place = outputs.findIndex(([output]) => output === name);
    const [, type] = outputs[place] ?? [];
    if (type === undefined) throw new Error(`${name} is not among the outputs`);
    return `${wires[type].read(`CAST(c.o${place} AS ${wires[type].sql})`)} AS ${identifier(as)}`;
  });
  const from = readParquet([request.file], ', file_row_number = true');
  await writeParquet(
    session,
    `SELECT ${select.join(', ')} FROM ${from} f JOIN computed c ON c."row" = f.file_row_number ORDER BY f.file_row_number`,
    request.to,
  );
  const facts = await factsOf(session, request.to);
  const [all] = await session.rows(`SELECT count(*) AS n FROM ${readParquet([request.file])}`);
  if (facts.rows !== count(all?.n)) throw new Error(`${facts.rows} of ${count(all?.n)} rows were computed`);
  return facts;
}
