/** Cells of tables that take long: what is finished is kept in a file, and the next run goes on from there. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export type Cell = (label: string, compute: () => string) => string;

/** What a cell shows that there was no time for. */
const NOT_YET = '–';

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
