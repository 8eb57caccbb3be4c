/** How `ratchet drift` says what to test and how. */

import { z } from 'zod';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { DriftMethod, DriftTest, type DriftOptions as Request } from '#contracts/drift.ts';
import { UserError } from '#contracts/failures.ts';
import { readGivenJson } from '../../kit/given-file.ts';
import type { DriftOptions } from './options.ts';

/** @throws UserError InvalidInput for an option that says nothing we know */
export async function readChoices(options: DriftOptions): Promise<Request> {
  // A column may be called anything, __proto__ too.
  const methods = new Map<string, NonNullable<Request['methods']>[string]>();
  for (const text of options.method) {
    const [column, choice] = split(text, '--method', 'price=psi:0.2');
    methods.set(column, { ...methods.get(column), ...choiceOf(choice, `--method ${text}`) });
  }
  for (const text of options.as) {
    const [column, kind] = split(text, '--as', 'zip=categorical');
    if (kind !== 'numerical' && kind !== 'categorical')
      throw new UserError('InvalidInput', `--as ${text}: "${kind}" is no kind; write numerical or categorical`);
    methods.set(column, { ...methods.get(column), kind });
  }
  if (options.preset !== undefined && options.preset !== 'data' && options.preset !== 'target')
    throw new UserError('InvalidInput', `--preset ${options.preset}: the presets are data and target`);
  return {
    methods: Object.fromEntries(methods),
    ...(options.column.length > 0 && { columns: options.column }),
    ...(options.numerical !== undefined && { numerical: choiceOf(options.numerical, '--numerical') }),
    ...(options.categorical !== undefined && { categorical: choiceOf(options.categorical, '--categorical') }),
    ...(options.share !== undefined && { share: options.share }),
    ...(options.preset !== undefined && { preset: options.preset }),
    ...(options.target !== undefined && { target: options.target }),
    ...(options.prediction !== undefined && { prediction: options.prediction }),
    ...(options.tests !== undefined && { tests: await readTests(options.tests) }),
  };
}

/** At the last `=`: names of columns may hold one, names of methods do not. */
function split(text: string, option: string, example: string): [string, string] {
  const at = text.lastIndexOf('=');
  if (at < 1)
    throw new UserError('InvalidInput', `${option} ${text}: name the column first, for example ${option} ${example}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function choiceOf(text: string, option: string): { method?: DriftMethod; threshold?: number } {
  const [name = '', limit] = text.split(':');
  const method = DriftMethod.safeParse(name);
  if (name !== '' && !method.success)
    throw new UserError(
      'InvalidInput',
      `${option}: there is no method "${name}"; the methods are ${DriftMethod.options.join(', ')}`,
    );
  const threshold = Number(limit);
  if (limit !== undefined && (limit.trim() === '' || !(threshold >= 0)))
    throw new UserError(
      'InvalidInput',
      `${option}: the threshold is "${limit}"; write a number from 0 on, for example psi:0.2`,
    );
  return { ...(method.success && { method: method.data }), ...(limit !== undefined && { threshold }) };
}

async function readTests(file: string): Promise<DriftTest[]> {
  const given = await readGivenJson('--tests', file);
  const parsed = z.array(DriftTest).safeParse(given);
  if (parsed.success) return parsed.data;
  throw new UserError('InvalidInput', `--tests ${file}: ${issuesInWords(parsed.error, given)}`);
}
