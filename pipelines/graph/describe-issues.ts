/** Zod's issues in words: each field, the value that was given, what is wanted. */
import type { z } from 'zod';
import { shownValue } from './definition-error.ts';

/** One line an issue: `learningRate is "fast": expected number`. `value` is what was parsed. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], value: unknown): string[] {
  return issues.map((issue) => {
    const path = dotted(issue.path);
    const given = valueAt(value, issue.path);
    if (issue.code === 'unrecognized_keys')
      return `${path ? `${path} has` : 'there is'} no field ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
    if (given === undefined && issue.path.length > 0) return `${path} is missing: ${wanted(issue)}`;
    return `${path || 'the value'} is ${shownValue(given)}: ${wanted(issue)}`;
  });
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
