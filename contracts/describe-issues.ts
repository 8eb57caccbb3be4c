/** Zod's issues in words: each field, the value that was given, what is wanted. */
import type { z } from 'zod';
import { shownValue } from './shown-value.ts';

/** Issues that are told; more of one value say the same. */
const TOLD = 5;

/** All that is wrong, in one line: {@link describeIssues}, the first five. */
export function issuesInWords(error: z.core.$ZodError, value: unknown): string {
  const words = describeIssues(error.issues, value);
  const more = words.length > TOLD ? `; and ${words.length - TOLD} more` : '';
  return `${words.slice(0, TOLD).join('; ')}${more}`;
}

/** One line an issue: `learningRate is "fast": expected number`. `value` is what was parsed. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], value: unknown): string[] {
  return issues
    .flatMap((issue) => concrete(issue, []))
    .map((issue) => {
      const path = dotted(issue.path);
      const given = valueAt(value, issue.path);
      if (issue.code === 'unrecognized_keys')
        return `${path ? `${path} has` : 'there is'} no field ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
      if (given === undefined && issue.path.length > 0) return `${path} is missing: ${wanted(issue)}`;
      return `${path || 'the value'} is ${shownValue(given)}: ${wanted(issue)}`;
    });
}

/**
 * A union's issue as those of the form that was most likely meant: the one with the fewest faults below its top, wrong
 * literals (they tell forms apart) counting most. Forms that are of another type altogether: one issue that names them.
 */
function concrete(issue: z.core.$ZodIssue, base: readonly PropertyKey[]): z.core.$ZodIssue[] {
  const path = [...base, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ ...issue, path }];
  const forms = issue.errors.filter(
    (form) => !form.some((fault) => fault.path.length === 0 && fault.code === 'invalid_type'),
  );
  if (forms.length === 0) {
    const types = issue.errors.flatMap((form) =>
      form.flatMap((fault) => (fault.code === 'invalid_type' ? [fault.expected] : [])),
    );
    return [{ ...issue, path, message: `expected ${[...new Set(types)].join(' or ')}` }];
  }
  const faults = (form: readonly z.core.$ZodIssue[]) =>
    form.reduce((sum, fault) => sum + (fault.code === 'invalid_value' ? 10 : 1), 0);
  const [likely = []] = [...forms].sort((a, b) => faults(a) - faults(b));
  const literal = likely.find((fault) => fault.code === 'invalid_value');
  if (literal) {
    const values = forms.flatMap((form) =>
      form.flatMap((fault) =>
        fault.code === 'invalid_value' && dotted(fault.path) === dotted(literal.path) ? fault.values : [],
      ),
    );
    const message = `expected ${[...new Set(values)].map((value) => shownValue(value)).join(' or ')}`;
    return [{ ...literal, path: [...path, ...literal.path], message }];
  }
  return likely.flatMap((fault) => concrete(fault, path));
}

function wanted(issue: z.core.$ZodIssue): string {
  const text = issue.message.replace(/^Invalid input: /, '').replace(/, received .*$/, '');
  return text === 'Invalid input' ? 'not one of the forms that are accepted here' : text;
}

function dotted(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    '',
  );
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}
