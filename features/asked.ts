/** What a pipeline hands to the stage getHistoricalFeatures: of all definitions those that are asked for, and nothing that only people read. */
import type { FeatureDocument } from './document.ts';
import type { DefinedFeatures } from './repository.ts';
import { type Resolved, resolveFeatures } from './resolve.ts';

/**
 * The definitions behind a service, or a list of features, as plain JSON: what {@link featuresOf} gives, for `run(getHistoricalFeatures, …)`.
 * @example
 * ```ts
 * const views = ({ definitions }: AskedFeatures) => definitions.views.map(({ name }) => name);
 * ```
 */
export interface AskedFeatures {
  readonly definitions: FeatureDocument;
  readonly features?: string[];
  readonly service?: string;
}

/**
 * Of all definitions those that a service, or a list of features, means: a step's input then changes when one of these does, and not when
 * another one does, nor a description.
 * @param asked `service` a name, or `features`: `view:feature`, of an on-demand definition `name:output`
 * @throws UserError InvalidInput for a name that is unknown, with the nearest there is
 * @example
 * ```ts
 * const card = entity({ name: 'card' });
 * const payments = featureView({ name: 'payments', entities: [card], source: 'payments.csv', timestamp: 'at', features: { n: count('7d') } });
 * const defined = defineFeatures({ entities: [card], views: [payments] });
 * const { definitions } = featuresOf(defined, { features: ['payments:n'] });
 * ```
 */
export function featuresOf(
  { document }: DefinedFeatures,
  asked: { readonly service?: string; readonly features?: readonly string[] },
): AskedFeatures {
  const definitions = servedBy(document, resolveFeatures(document, asked), asked.service);
  return {
    definitions,
    ...(asked.service === undefined ? {} : { service: asked.service }),
    ...(asked.features === undefined ? {} : { features: [...asked.features] }),
  };
}

/** The definitions that mean the same for what was resolved: without other features, descriptions, owners and tags. */
export function servedBy(document: FeatureDocument, resolved: Resolved, service?: string): FeatureDocument {
  const { views, onDemand } = resolved;
  const entities = new Set(views.flatMap(({ view }) => view.entities));
  return {
    format: 1,
    entities: document.entities.filter(({ name }) => entities.has(name)).map(meant),
    views: views.map(({ view, features }) => ({
      ...meant(view),
      features: Object.fromEntries(
        Object.entries(features).map(([name, { description: _said, ...feature }]) => [name, feature]),
      ),
    })),
    onDemand: onDemand.map(meant),
    services: document.services.filter(({ name }) => name === service).map(meant),
  };
}

function meant<T extends { description?: unknown; owner?: unknown; tags: Record<string, string> }>(definition: T): T {
  const { description: _said, owner: _whose, ...meaning } = definition;
  // All that was taken out is optional.
  return { ...meaning, tags: {} } as unknown as T;
}
