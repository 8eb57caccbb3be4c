/** What Feast's requests hold; fields that it sends and that change nothing here are let through. */
import { z } from 'zod';
import { parseExact } from './exact-json.ts';
import { Refusal } from './refusal.ts';

const Columns = z.record(z.string(), z.array(z.unknown()));

export const Get = z.looseObject({
  entities: Columns,
  features: z.array(z.string()).max(10_000).nullish(),
  feature_service: z.string().nullish(),
  full_feature_names: z.boolean().default(false),
  include_feature_view_version_metadata: z.boolean().default(false),
});
/** Of one's own clients: values may be texts, which their types read. */
export const Rows = z.strictObject({
  entities: Columns,
  features: z.array(z.string()).min(1).max(10_000).optional(),
  service: z.string().optional(),
});
export const Push = z.looseObject({
  push_source_name: z.string(),
  df: Columns,
  to: z.literal('online', 'only "online" is offered: what is kept for training is the source\'s own').default('online'),
});
export const Write = z.looseObject({ feature_view_name: z.string(), df: Columns });

/** @throws Refusal unprocessable, also for what is no JSON: Feast's own answer to it */
export function bodyAs<S extends z.ZodType>(shape: S, bytes: Uint8Array): z.output<S> {
  const parsed = shape.safeParse(parseExact(bytes));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`);
  throw new Refusal(
    'unprocessable',
    `The body does not fit: ${issues.join('; ')}.`,
    'docs/feature-server.md shows what is sent.',
  );
}
