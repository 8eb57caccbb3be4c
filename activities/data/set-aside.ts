/** Carries out severity quarantine: bad rows to a file of their own, the rest to another. */
import { join } from 'node:path';
import type { ValidationResult } from '#contracts/validation.ts';
import type { Suite } from '#measures/expectations/suite.ts';
import type { Quarantined, Tables } from '#ports/tables.ts';

type Results = ValidationResult['results'];

/** What of a suite quarantines rows that are there. A reason is the expectation in words, without any value of the data. */
export function quarantineTests(suite: Suite, results: Results) {
  return suite.all.flatMap(({ given, bound }, index) => {
    const result = results[index];
    if (given.severity !== 'quarantine' || !bound.test || !result || result.exception_info.raised_exception !== false)
      return [];
    const wanted = result.ratchet.message.replace(/; (?:so are all [\d,]+ |[\d,]+ of [\d,]+ (?:values|rows) ).*$/s, '');
    return [{ measure: bound.test, reason: wanted }];
  });
}

/** Null when no row is bad. */
export async function setAside(
  suite: Suite,
  results: Results,
  file: string,
  workdir: string,
  tables: Pick<Tables, 'quarantine'>,
  signal?: AbortSignal,
): Promise<(Quarantined & { readonly goodFile: string; readonly badFile: string }) | null> {
  const tests = quarantineTests(suite, results);
  const some = results.some(
    ({ ratchet, result }) => ratchet.severity === 'quarantine' && (result.unexpected_count ?? 0) > 0,
  );
  if (tests.length === 0 || !some) return null;
  const goodFile = join(workdir, 'kept.parquet');
  const badFile = join(workdir, 'quarantined.parquet');
  const done = await tables.quarantine(
    { files: [file], tests, good: goodFile, bad: { path: badFile, format: 'parquet' } },
    signal,
  );
  return { ...done, goodFile, badFile };
}
