/** The walk in figures: how many of how many, and by kind of fault. */
import type { Step } from './lane.ts';

export function tally(seed: number, steps: readonly Step[]): string {
  const green = steps.filter(({ problems }) => problems.length === 0);
  const kinds = new Map<string, { drawn: number; struck: number; runs: number; green: number }>();
  for (const { kinds: ofStep, struck, problems } of steps) {
    const hit = new Set(ofStep.filter((_, index) => struck[index]));
    for (const [index, kind] of ofStep.entries()) {
      const row = kinds.get(kind) ?? { drawn: 0, struck: 0, runs: 0, green: 0 };
      row.drawn++;
      if (struck[index]) row.struck++;
      kinds.set(kind, row);
    }
    for (const kind of hit) {
      const row = kinds.get(kind);
      if (!row) continue;
      row.runs++;
      if (problems.length === 0) row.green++;
    }
  }
  const rows = [...kinds].sort(([one], [other]) => one.localeCompare(other));
  const faults = steps.reduce((sum, { struck }) => sum + struck.filter(Boolean).length, 0);
  return [
    `${green.length} of ${steps.length} runs (seed ${seed}), ${faults} faults came about`,
    '',
    '| Fault | Drawn | Came about | Runs that it hit | Green |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(([kind, row]) => `| ${kind} | ${row.drawn} | ${row.struck} | ${row.runs} | ${row.green} |`),
  ].join('\n');
}
