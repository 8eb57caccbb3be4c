/** How things are named, and what a definition that is wrong says. */
import { z } from 'zod';
import { describeIssues } from '#contracts/describe-issues.ts';
import { UserError } from '#contracts/failures.ts';
import { nearest } from '#contracts/nearest.ts';

/** Of an entity, a view, a feature, a service. No `__`, which parts the view from the feature in a full name. */
export const FeatureName = z
  .string()
  .regex(
    /^(?!.*__)[A-Za-z][A-Za-z0-9_]{0,63}$/,
    'a name starts with a letter and holds letters, digits and single "_", at most 64',
  );

/** A column of a table, as the table has it. */
export const ColumnName = z
  .string()
  .min(1)
  .max(255)
  .refine((name) => !name.includes('\0'), 'a column has no NUL in its name');

/** What people are told of a definition, and what finds it. */
export const about = {
  description: z.string().max(2_000).optional(),
  owner: z.string().max(200).optional(),
  tags: z.record(z.string(), z.string()).default({}),
};

/** Issues that are told; more of one definition say the same. */
const TOLD = 5;

/** @throws UserError InvalidInput that names the definition, each field, its value and what is wanted */
export function parsed<S extends z.ZodType>(kind: string, shape: S, value: unknown): z.output<S> {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  // Of a key that is no name, zod says what is wanted one level below.
  const issues = result.error.issues.map((issue) =>
    issue.code === 'invalid_key' ? { ...issue, message: issue.issues[0]?.message ?? issue.message } : issue,
  );
  throw wrong(called(kind, value), describeIssues(issues, value).slice(0, TOLD).join('; '));
}

export const wrong = (place: string, problem: string): UserError =>
  new UserError('InvalidInput', `${place}: ${problem}`);

function called(kind: string, value: unknown): string {
  const name = typeof value === 'object' && value !== null ? Reflect.get(value, 'name') : undefined;
  return typeof name === 'string' && name !== '' ? `the ${kind} ${name.slice(0, 80)}` : `a ${kind}`;
}

/** Names that a message lists. */
const LISTED = 12;

/** `there is no view transactoins; there is transactions` */
export function unknownName(kind: string, wanted: string, names: readonly string[]): string {
  const close = nearest(wanted, names);
  const asked = wanted.slice(0, 120);
  if (close !== null) return `there is no ${kind} ${asked}; there is ${close}, if that is meant`;
  if (names.length === 0) return `there is no ${kind} ${asked}, and no other: define one`;
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return `there is no ${kind} ${asked}; there are ${names.slice(0, LISTED).join(', ')}${more}`;
}

/** The first that comes twice; tables know no case. */
export function repeated(names: readonly string[]): string | null {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name.toLowerCase())) return name;
    seen.add(name.toLowerCase());
  }
  return null;
}
