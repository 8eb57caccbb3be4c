/** From where a feature comes, and who uses it: sources, views, functions on demand, services, models. */
import type { FeatureDocument } from './document.ts';
import { sourceName } from './source.ts';

type Kind = 'source' | 'view' | 'on-demand' | 'service' | 'model';

interface LineageNode {
  readonly kind: Kind;
  readonly name: string;
  /** What else people are told of it. */
  readonly note: string;
}

export interface Lineage {
  readonly nodes: readonly LineageNode[];
  /** Places among the nodes: the first feeds the second. */
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/** A version of a model, and the service that it was trained with. */
export interface TrainedWith {
  readonly model: string;
  readonly version: string;
  readonly champion: boolean;
  readonly service: string;
  /** Of the service's definitions. */
  readonly serviceVersion: string;
}

/** Of each model its champion and its newest version are shown, as far as they have a service of the document. */
export function lineageOf(document: FeatureDocument, models: readonly TrainedWith[]): Lineage {
  const nodes: LineageNode[] = [];
  const edges: [number, number][] = [];
  const placed = new Map<string, number>();
  const node = (kind: Kind, name: string, note = ''): number => {
    const key = JSON.stringify([kind, name]);
    const at = placed.get(key) ?? nodes.push({ kind, name, note }) - 1;
    placed.set(key, at);
    return at;
  };
  const edge = (from: number, to: number) => {
    if (!edges.some(([a, b]) => a === from && b === to)) edges.push([from, to]);
  };
  for (const { name, source, features } of document.views)
    edge(node('source', sourceName(source)), node('view', name, counted(Object.keys(features).length)));
  const viewOf = (reference: string) => {
    const name = reference.split(':')[0] ?? '';
    return placed.get(JSON.stringify(['view', name])) ?? placed.get(JSON.stringify(['on-demand', name]));
  };
  for (const { name, inputs, outputs } of document.onDemand) {
    const at = node('on-demand', name, counted(Object.keys(outputs).length));
    for (const { feature } of Object.values(inputs)) {
      const from = viewOf(feature);
      if (from !== undefined) edge(from, at);
    }
  }
  for (const { name, features, version } of document.services) {
    const at = node('service', name, `${counted(features.length)}, ${version.slice(0, 19)}`);
    for (const reference of features) {
      const from = viewOf(reference);
      if (from !== undefined) edge(from, at);
    }
  }
  for (const each of shown(models)) {
    const service = document.services.find(({ name }) => name === each.service);
    if (!service) continue;
    const same =
      service.version === each.serviceVersion
        ? 'these definitions'
        : `${each.serviceVersion.slice(0, 19)}: other definitions`;
    const at = node('model', `${each.model}@${each.version}`, `${each.champion ? 'champion, ' : ''}${same}`);
    edge(node('service', service.name), at);
  }
  return { nodes, edges };
}

const counted = (features: number) => `${features} feature${features === 1 ? '' : 's'}`;

function shown(models: readonly TrainedWith[]): TrainedWith[] {
  const newest = new Map(models.map((each) => [each.model, each]));
  return models.filter((each) => each.champion || newest.get(each.model) === each);
}
