/** Suites as Great Expectations stores them, both ways. */

import { z } from 'zod';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import { shownValue } from '#contracts/shown-value.ts';
import type { Expectation } from '#contracts/validation.ts';
import type { Given } from './definition.ts';

const json = z.custom<Json>((value) => value !== undefined);
const Theirs = z.object({
  name: z.string().optional(),
  /** Before version 1. */
  expectation_suite_name: z.string().optional(),
  expectations: z.array(
    z.object({
      type: z.string().optional(),
      expectation_type: z.string().optional(),
      kwargs: z.record(z.string(), json).default({}),
      meta: z.record(z.string(), json).nullish(),
      id: z.string().nullish(),
      severity: z.enum(['critical', 'warning', 'info']).default('critical'),
    }),
  ),
});

/** Ours, kept in their `meta`, where nothing is lost. */
const QUARANTINE = 'ratchet_severity';

export interface NamedSuite {
  readonly name: string;
  readonly expectations: Expectation[];
}

/**
 * A suite of theirs. `critical` is fail, `warning` and `info` are warn.
 * @param given the JSON file's content
 * @throws UserError InvalidInput for what is no suite
 */
export function suiteOfGreatExpectations(given: unknown): NamedSuite {
  const parsed = Theirs.safeParse(given);
  if (!parsed.success)
    throw new UserError(
      'InvalidInput',
      `this is not an expectation suite of Great Expectations: ${issuesInWords(parsed.error, given)}`,
    );
  const { name, expectation_suite_name, expectations } = parsed.data;
  for (const [index, { type, expectation_type }] of expectations.entries()) {
    const named = type ?? expectation_type;
    if (named === undefined || !/^expect_[a-z_]+$/.test(named))
      throw new UserError(
        'InvalidInput',
        `expectations[${index}].type is ${shownValue(named)}: the name of an expectation of Great Expectations is wanted, such as expect_column_values_to_not_be_null; those that are queries of their own are not run here`,
      );
  }
  return {
    name: name ?? expectation_suite_name ?? 'suite',
    expectations: expectations.map(({ type, expectation_type, kwargs, meta, id, severity }) => ({
      type: type ?? expectation_type ?? '',
      kwargs: Object.fromEntries(Object.entries(kwargs).filter(([key]) => key !== 'batch_id')),
      severity: meta?.[QUARANTINE] === 'quarantine' ? 'quarantine' : severity === 'critical' ? 'fail' : 'warn',
      ...(meta ? { meta } : {}),
      ...(id ? { id } : {}),
    })),
  };
}

/** The suite for Great Expectations 1.x to load. */
export function toGreatExpectations(name: string, expectations: readonly Given[]): Record<string, Json> {
  return {
    name,
    expectations: expectations.map(({ type, kwargs, severity, meta = {}, id }) => ({
      type,
      kwargs,
      meta: severity === 'quarantine' ? { ...meta, [QUARANTINE]: 'quarantine' } : meta,
      ...(id ? { id } : {}),
      severity: severity === 'warn' ? 'warning' : 'critical',
    })),
    meta: {},
    notes: null,
  };
}
