/** `--suite FILE`: Great Expectations' JSON, or a module that exports expectations. */

import { basename, extname, resolve } from 'node:path';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { UserError } from '#contracts/failures.ts';
import { Expectation } from '#contracts/validation.ts';
import { type NamedSuite, suiteOfGreatExpectations } from '#measures/expectations/great-expectations.ts';
import { readGivenJson } from '../../kit/given-file.ts';
import { exportsOf } from '../../kit/given-module.ts';

/** @throws UserError InvalidInput for a file that is not there, not JSON, or exports no expectations */
export async function readSuite(file: string): Promise<NamedSuite> {
  const path = resolve(file);
  if (/\.[cm]?[jt]s$/.test(extname(path))) return moduleSuite(path, file);
  const json = await readGivenJson('--suite', file);
  try {
    return suiteOfGreatExpectations(json);
  } catch (error) {
    throw error instanceof UserError ? new UserError('InvalidInput', `--suite ${file}: ${error.message}`) : error;
  }
}

/** Every exported array of expectations, and every single one, in the order of their names. */
async function moduleSuite(path: string, file: string): Promise<NamedSuite> {
  const exported = await exportsOf('--suite', file);
  const expectations = Object.keys(exported)
    .sort()
    .flatMap((name) => exported[name])
    .flatMap((each) => {
      const parsed = Expectation.safeParse(each);
      if (parsed.success) return [parsed.data];
      // A module may export other things; what has an expectation's shape was meant as one.
      if (typeof each === 'object' && each !== null && 'type' in each && 'kwargs' in each)
        throw new UserError('InvalidInput', `--suite ${file}: ${issuesInWords(parsed.error, each)}`);
      return [];
    });
  if (expectations.length === 0)
    throw new UserError(
      'InvalidInput',
      `--suite ${file} exports no expectations: write for example export default [expect.column('id').unique()]`,
    );
  return { name: basename(path).replace(/\.[^.]+$/, ''), expectations };
}
