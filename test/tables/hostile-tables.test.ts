/** Generated tables of CSV, JSON lines and Parquet, by path, glob and `s3://`: every cell is what was written, or is refused. */
import { describe } from 'vitest';
import { checkReading, formats, readingWorld } from '../fixtures/hostile-tables/check-reading.ts';

describe('of generated tables every cell is read as it was written', () => {
  const world = readingWorld();
  for (const format of formats) checkReading(format, ['path', 'glob', 's3'], 14, world);
});
