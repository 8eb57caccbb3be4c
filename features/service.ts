/** Features that belong together: what a model is trained with, and served with. */
import { z } from 'zod';
import { about, FeatureName, parsed, repeated, wrong } from './names.ts';
import type { FeatureInput } from './on-demand.ts';

/** `view:feature`; of an on-demand definition `name:output`. */
const Reference = z.string().regex(/^[^:]+:[^:]+$/, 'a feature is named view:feature');

const Written = z.strictObject({
  name: FeatureName,
  features: z.array(z.union([Reference, z.object({ feature: Reference })])).min(1),
  ...about,
});
export const FeatureService = Written.extend({
  features: z.array(Reference).min(1),
  /** Digest of what it names, with all that gives those features their meaning; '' until the repository is defined. */
  version: z.string(),
});
/**
 * A named set of features in their order, as plain JSON. Its `version` is the digest of the definitions that it names: it changes when one of
 * those features means something else, and not by a description, an owner, tags or `online`. Empty until {@link defineFeatures} has seen them.
 * @example
 * ```ts
 * const title = (service: FeatureService) => `${service.name}, ${service.features.length} features, ${service.version}`;
 * ```
 */
export type FeatureService = z.output<typeof FeatureService>;
/**
 * What {@link featureService} takes.
 * @example
 * ```ts
 * const options: FeatureServiceOptions = { name: 'fraud', features: ['payments:transaction_count_7d'] };
 * ```
 */
export type FeatureServiceOptions = Omit<z.input<typeof Written>, 'features'> & {
  features: readonly (string | FeatureInput)[];
};

/**
 * The features of one model, in their order.
 * @param options `features`: `view:feature`, of an on-demand definition `name:output`; or what {@link feature} gives
 * @throws UserError InvalidInput for a name that is none, no features, or one that comes twice
 * @example
 * ```ts
 * const fraud = featureService({ name: 'fraud', features: ['payments:transaction_count_7d', 'account:account_age_days'] });
 * ```
 */
export function featureService(options: FeatureServiceOptions): FeatureService {
  const written = parsed('service', Written, options);
  const features = written.features.map((each) => (typeof each === 'string' ? each : each.feature));
  const twice = repeated(features);
  if (twice) throw wrong(`the service ${written.name}`, `${twice} is there twice: a vector has it once`);
  return { ...written, features, version: '' };
}
