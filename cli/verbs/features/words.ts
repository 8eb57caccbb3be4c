import type { Feature } from '#features/feature-view.ts';

/** `mean of amount over 7d where status = …`: what a feature is, in one line. */
export function inWords(feature: Feature): string {
  if (!('aggregate' in feature)) return `newest ${feature.column}`;
  const of = 'column' in feature ? ` of ${feature.column}` : '';
  const how = feature.aggregate === 'lastN' ? `last ${feature.n}` : feature.aggregate;
  const where = feature.where === undefined ? '' : ` where ${JSON.stringify(feature.where)}`;
  return `${how}${of} over ${feature.window}${where}`;
}
