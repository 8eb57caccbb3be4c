import { UserError } from '#contracts/failures.ts';

/** UserError of type InvalidPipeline whose message starts with the place: `pipelines/x/pipeline.ts:12: …`. */
export function definitionError(at: string | null, message: string, cause?: unknown): UserError {
  return new UserError(
    'InvalidPipeline',
    at ? `${at}: ${message}` : message,
    cause === undefined ? undefined : { cause },
  );
}

/** ` (file:line)`, or nothing when the place is not known. */
export const place = (at: string | null | undefined) => (at ? ` (${at})` : '');

export { shownValue } from '#contracts/shown-value.ts';
