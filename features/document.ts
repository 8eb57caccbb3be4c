/** All definitions of a project, as plain JSON. */
import { z } from 'zod';
import { Entity } from './entity.ts';
import { FeatureView } from './feature-view.ts';
import { OnDemand } from './on-demand.ts';
import { FeatureService } from './service.ts';

export const FeatureDocument = z.strictObject({
  format: z.literal(1),
  entities: z.array(Entity),
  views: z.array(FeatureView),
  onDemand: z.array(OnDemand),
  services: z.array(FeatureService),
});
/**
 * All definitions as plain JSON: what is stored, compared and served by.
 * @example
 * ```ts
 * const names = (document: FeatureDocument) => document.views.map(({ name }) => name);
 * ```
 */
export type FeatureDocument = z.output<typeof FeatureDocument>;
