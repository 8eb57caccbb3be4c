/** A process of ours: `ours.ts MODE TIMES REFERENCE CURRENT PROFILE`. Prints one line of JSON with each round's milliseconds and its peak of memory. */

import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { measureDriftHere } from '#measures/drift/measure.ts';
import { profileTableHere } from '#measures/drift/profile/table.ts';

const [mode = '', times = '1', reference = '', current = '', profile = ''] = process.argv.slice(2);
const tables = createTablesInProcess();
const { signal } = new AbortController();
const work: Record<string, () => Promise<number>> = {
  direct: async () =>
    tables.scanning(
      [reference, current],
      async (open) =>
        (
          await measureDriftHere(
            { reference: { files: [reference] }, current: { files: [current] }, options: {} },
            null,
            open,
          )
        ).drifted,
      signal,
    ),
  profile: async () =>
    tables.scanning(
      [reference],
      async (open) => (await profileTableHere({ files: [reference], to: profile }, null, open)).rows,
      signal,
    ),
  stored: async () =>
    tables.scanning(
      [current],
      async (open) =>
        (
          await measureDriftHere(
            { reference: { profiles: [profile] }, current: { files: [current] }, options: {} },
            null,
            open,
          )
        ).drifted,
      signal,
    ),
};
const ms: number[] = [];
let answer = 0;
try {
  for (let round = 0; round < Number(times); round++) {
    const from = performance.now();
    answer = (await work[mode]?.()) ?? Number.NaN;
    ms.push(performance.now() - from);
  }
} finally {
  await tables.close();
}
console.log(JSON.stringify({ ms, peakMb: process.resourceUsage().maxRSS / 1024, answer }));
