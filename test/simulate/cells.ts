/** Cells of tables that take long: what is finished is kept in a file, and the next run goes on from there. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Cell, Table } from './study.ts';

/** What a cell shows that there was no time for. */
const NOT_YET = '–';

/** Without rows of which no cell was finished, and without tables that have none. */
export const finished = (tables: readonly Table[]): Table[] =>
  tables
    .map((table) => ({ ...table, rows: table.rows.filter(([, ...shown]) => shown.some((text) => text !== NOT_YET)) }))
    .filter(({ rows }) => rows.length > 0);

/**
 * @param file JSON lines of what is finished; null: nothing is kept
 * @param begun what every cell depends on besides its label: study, seed, draws
 * @param minutes cells that begin later are left out
 */
export function cells(
  { file, minutes }: { file: string | null; minutes: number },
  begun: string,
  progress: (line: string) => void,
): Cell {
  const until = Date.now() + minutes * 60_000;
  const kept = new Map<string, string>();
  if (file && existsSync(file))
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const [key, text] = JSON.parse(line) as [string, string]; // written below
      kept.set(key, text);
    }
  return (label, compute) => {
    const key = `${begun}: ${label}`;
    const before = kept.get(key);
    if (before !== undefined) return before;
    if (Date.now() > until) return NOT_YET;
    const text = compute();
    progress(`${label}: ${text}`);
    if (file) appendFileSync(file, `${JSON.stringify([key, text])}\n`);
    return text;
  };
}
