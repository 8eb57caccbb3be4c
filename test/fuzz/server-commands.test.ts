/**
 * Commands that nobody would write to a whole stack: every verb that asks the servers, with drawn runs, pipelines, nodes,
 * parameters and options. Each ends with 0, 2, 3 or 4, in words, as in commands.test.ts.
 * `RATCHET_FUZZ_COMMANDS` (default 200) says how many, `RATCHET_FUZZ_SEED` which.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verbs } from '#cli/verbs.ts';
import { copyOfSmall, oneStepSource } from '../e2e/world/pipelines.ts';
import { environment, projectFolder, ratchet } from '../e2e/world/ratchet.ts';
import startStack from '../e2e/world/start.ts';
import { hostileTexts } from '../fixtures/hostile-texts.ts';
import { runVerb } from '../fixtures/verbs.ts';
import { faultsOf } from './faults.ts';

const count = Number(process.env.RATCHET_FUZZ_COMMANDS ?? '200');
const seed = Number(process.env.RATCHET_FUZZ_SEED ?? Date.now() % 2 ** 31);
const before = { cwd: process.cwd(), env: { ...process.env } };

let stopStack: (() => Promise<void>) | undefined;
let runId = '';
beforeAll(async () => {
  stopStack = await startStack();
  const small = copyOfSmall('drawn');
  mkdirSync(join(projectFolder, 'pipelines', 'kept-up'), { recursive: true });
  writeFileSync(
    join(projectFolder, 'pipelines', 'kept-up', 'pipeline.ts'),
    oneStepSource('kept-up', "any(newRows({ atLeast: 1_000 }), schedule('0 2 1 1 *'))"),
  );
  const deployed = await ratchet('deploy', 'kept-up', '--json');
  expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
  // Afterwards: what a pipeline that cannot be read would wait for, a deploy does not know.
  copyOfSmall('broken').write('pipeline.ts', 'throw new Error("no pipeline");');
  runId = (await ratchet('run', small.name, '--wait', '--json')).json().runId;
  process.chdir(projectFolder);
  Object.assign(process.env, environment());
  writeFileSync('rules.json', '{"rules": []}');
  writeFileSync('triggers.csv', 'at,kind\n2024-01-01,drift\n');
}, 600_000);
afterAll(async () => {
  process.chdir(before.cwd);
  process.env = before.env;
  await stopStack?.();
});

/** Those that end by themselves: not the servers, nor what brings them up or down. */
const without = [
  'demo',
  'dev',
  'down',
  'worker',
  'gateway',
  'init',
  'quality',
  'validate',
  'drift',
  'estimate',
  'gate',
  'profile',
];
const program = new Command();
for (const verb of Object.values(verbs).flat()) verb(program);
const leaves = (command: Command, words: readonly string[]): { words: readonly string[]; command: Command }[] =>
  command.commands.length > 0
    ? command.commands.flatMap((each) => leaves(each, [...words, each.name()]))
    : [{ words, command }];
const asked = leaves(program, []).filter(({ words }) => !without.includes(words[0] ?? ''));

const odd = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...hostileTexts.slice(0, 30)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[
        '',
        ' ',
        '.',
        '..',
        '../..',
        '/',
        '\\',
        '%2e%2e',
        'a/b/c/d',
        '-',
        '--',
        '0',
        '-1',
        '1e999',
        'NaN',
        '{}',
        '[]',
        'null',
      ],
      ...[
        'a=b',
        '=',
        'a=',
        'model=',
        'rows=1e400',
        '2011-09-14',
        '9999-99-99',
        'T',
        '7d',
        'yesterday',
        '*',
        'a:b',
        '*:*',
      ],
      ...['é', 'x'.repeat(300), 'x'.repeat(70_000), 'package.json', 'pipelines', 's3://no/such'],
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);
const pipeline = fc.constantFrom('drawn', 'drawn', 'kept-up', 'kept-up', 'broken', 'flight-delays', 'nosuch');
const fileName = fc.constantFrom('rules.json', 'triggers.csv', 'pipelines/drawn/data.csv', 'nosuch.csv', 'pipelines');
/** What may be meant, by the name of the argument or what stands in the brackets of the option. */
const meanings: readonly (readonly [RegExp, fc.Arbitrary<string>])[] = [
  [/pipeline|name\.\.\.|model/, pipeline],
  [/^run$/, fc.constantFrom('', '', '', 'run/drawn/nosuch', 'drawn', 'run/nosuch/1').map((id) => id || runId)],
  [/node/, fc.constantFrom('train', 'evaluate', 'gate', 'promote', 'label', 'nosuch')],
  [/file/, fileName],
  [/count|limit|version/, fc.constantFrom('0', '1', '2', '5', '-1', '1.5', '1000000', '99999999999999999999')],
  [/time|day/, fc.constantFrom('2024-01-01', '2024-01-01T00:00:00Z', '2999-01-01', '7d', 'yesterday')],
  [/key=value|method=value/, fc.constantFrom('columns=2', 'rows=500', 'rows=10', 'nosuch=1', 'psi=0.2', 'ask=x')],
  [/scope/, fc.constantFrom('drawn:trigger', '*:*', 'drawn:nosuch', 'drawn')],
];
const meant = (text: string) => meanings.find(([pattern]) => pattern.test(text))?.[1] ?? odd;
const mostly = (text: string) => fc.oneof({ weight: 12, arbitrary: meant(text) }, { weight: 1, arbitrary: odd });

const command: fc.Arbitrary<string[]> = fc.constantFrom(...asked).chain(({ words, command }) => {
  // What waits for the end of a run, or follows it, would wait.
  const options = command.options.filter(({ long }) => long !== '--wait');
  const option = (options.length > 0 ? fc.constantFrom(...options) : fc.constant(new Option('--json'))).chain(
    (each): fc.Arbitrary<string[]> => {
      const flag = each.long ?? '';
      return each.required || each.optional ? mostly(each.flags).map((text) => [flag, text]) : fc.constant([flag]);
    },
  );
  return fc
    .tuple(
      fc.tuple(...command.registeredArguments.map((argument) => mostly(argument.name()))),
      fc.array(option, { maxLength: 2 }),
    )
    .map(([args, more]) => [...words, ...args, ...more.flat()]);
});

test(`${count} commands of seed ${seed} to the servers end as they should`, { timeout: count * 60_000 }, async () => {
  const wrong: unknown[] = [];
  const codes: Record<string, number> = {};
  for (const args of fc.sample(command, { numRuns: count, seed })) {
    const { code, stdout, stderr } = await runVerb(...args);
    codes[`${args[0]} ${code}`] = (codes[`${args[0]} ${code}`] ?? 0) + 1;
    const faults = faultsOf({ code, stdout, stderr });
    if (faults.length > 0) wrong.push({ args, faults, said: (stdout + stderr).slice(0, 600) });
  }
  console.log(`exit codes of ${count} commands: ${JSON.stringify(codes)}`);
  expect(wrong).toEqual([]);
});
