/** What of a step's input can be checked before the run: everything that is literal. */
import { z } from 'zod';
import { describeIssues } from '#contracts/describe-issues.ts';
import type { Template } from '#contracts/plan.ts';

/**
 * The mistakes in `input`, in words; empty when there is none or when nothing can be said before the run.
 * References are replaced by a value that no schema accepts; of what the schema then says, only that is kept which no
 * value of the references could mend. A schema that transforms before it checks is not asked about an input with
 * references, and neither is one that throws or is asynchronous.
 */
export function inputProblems(schema: z.ZodType, input: Template): string[] {
  const references: PropertyKey[][] = [];
  const probe = withoutReferences(input, [], references);
  if (references.length > 0 && transformsFirst(schema)) return [];
  let issues: readonly z.core.$ZodIssue[];
  try {
    issues = schema.safeParse(probe).error?.issues ?? [];
  } catch {
    return [];
  }
  return describeIssues(certain(issues, references, []), probe);
}

/** Accepted by no schema that a step's input is made of, and JSON cannot hold it. */
const unknownYet = Symbol('a reference');

function withoutReferences(value: Template, path: PropertyKey[], found: PropertyKey[][]): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item, index) => withoutReferences(item, [...path, index], found));
  if ('$ref' in value) {
    found.push(path);
    return unknownYet;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutReferences(item ?? null, [...path, key], found)]),
  );
}

/** Issues that stand whatever the references turn out to be. `base` is the path that the issues' own paths start from. */
function certain(
  issues: readonly z.core.$ZodIssue[],
  references: readonly PropertyKey[][],
  base: readonly PropertyKey[],
): z.core.$ZodIssue[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (references.some((reference) => startsWith(path, reference))) return [];
    if (!references.some((reference) => startsWith(reference, path))) return [issue];
    if (issue.code === 'invalid_union') {
      // More than one form of an exclusive union matched: the references decide which.
      if (issue.inclusive === false) return [];
      const errors = issue.errors.map((form) => certain(form, references, path));
      return errors.length > 0 && errors.every((form) => form.length > 0) ? [{ ...issue, errors }] : [];
    }
    // A rule over a whole that holds references (a refinement) may have been misled by the stand-in.
    return ['unrecognized_keys', 'invalid_type', 'too_small', 'too_big'].includes(issue.code) ? [issue] : [];
  });
}

function startsWith(path: readonly PropertyKey[], prefix: readonly PropertyKey[]): boolean {
  return prefix.length <= path.length && prefix.every((key, index) => String(path[index]) === String(key));
}

/** true when some part runs a transform on the raw value (z.preprocess): its own checks then see what we did not write. */
function transformsFirst(schema: z.ZodType): boolean {
  const known = transforming.get(schema);
  if (known !== undefined) return known;
  const found = findTransform(schema);
  transforming.set(schema, found);
  return found;
}

/** Walking a schema takes about a millisecond, and a loop may call run(…) with one step a thousand times. */
const transforming = new WeakMap<z.ZodType, boolean>();

function findTransform(schema: z.ZodType): boolean {
  let found = false;
  try {
    z.toJSONSchema(schema, {
      io: 'input',
      unrepresentable: 'any',
      override: ({ zodSchema }) => {
        const { def } = (zodSchema as z.core.$ZodTypes)._zod;
        if (def.type === 'pipe' && def.in._zod.def.type === 'transform') found = true;
      },
    });
  } catch {
    return true;
  }
  return found;
}
