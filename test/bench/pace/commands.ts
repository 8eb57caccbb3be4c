/** Commands as a user starts them: Node's own start is in each. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../drift/run.ts';

/** Exit codes of a command that did what it was asked: well, refused, undecided. */
const answers: readonly (number | null)[] = [0, 3, 4];

/** Wall ms of `node …`; throws when it ends with anything but an answer. */
async function timed(args: readonly string[], cwd: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, [...args], { cwd, env: process.env, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (!answers.includes(code)) throw new Error(`node ${args.join(' ')} ended with ${code}`);
  return performance.now() - began;
}

export const ratchet = (args: readonly string[], cwd: string) => timed([...command().words, ...args], cwd);

/** What has no server: by name, what is started. */
export function withoutServers(folder: string): Record<string, () => Promise<number>> {
  const rows = Array.from({ length: 1_000 }, (_, n) => `${n},${(n * 7919) % 1000},${n % 3 === 0 ? 'yes' : 'no'}`);
  writeFileSync(join(folder, 'small.csv'), `id,amount,late\n${rows.join('\n')}\n`);
  const expectations = [
    { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'id' } },
    { type: 'expect_column_values_to_be_between', kwargs: { column: 'amount', min_value: 0, max_value: 1_000 } },
    { type: 'expect_column_values_to_be_in_set', kwargs: { column: 'late', value_set: ['yes', 'no'] } },
  ];
  writeFileSync(join(folder, 'suite.json'), JSON.stringify({ name: 'small', expectations }));
  return {
    'bare Node': () => timed(['-e', ''], folder),
    '`ratchet --help`': () => ratchet(['--help'], folder),
    '`ratchet validate` of 1,000 rows': () => ratchet(['validate', 'small.csv', '--suite', 'suite.json'], folder),
    '`ratchet quality` of 1,000 rows': () => ratchet(['quality', 'small.csv'], folder),
  };
}
