/** A process of ours: `ours.ts TIMES FILE`. Every round reads the file anew. One line of JSON at the end. */

import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { suiteOf } from '#measures/expectations/suite.ts';
import { validateTable } from '#measures/expectations/validation.ts';
import { expectations } from './suite.ts';

const [times = '1', file = ''] = process.argv.slice(2);
const tables = createTablesInProcess();
const suite = suiteOf(expectations);
const ms: number[] = [];
let answer = 0;
try {
  for (let round = 0; round < Number(times); round++) {
    const from = performance.now();
    const shape = await tables.shape([file]);
    const result = await validateTable({ files: [file], shape, data: file, suite }, tables);
    answer = result.statistics.successful_expectations;
    ms.push(performance.now() - from);
  }
} finally {
  await tables.close();
}
console.log(JSON.stringify({ ms, peakMb: process.resourceUsage().maxRSS / 1024, answer }));
