/** `ratchet features describe`. */
import { UserError } from '#contracts/failures.ts';
import type { FeatureDocument } from '#features/document.ts';
import { unknownName } from '#features/names.ts';
import pc from '../../kit/color.ts';
import { createOutput, type Output, table } from '../../kit/output.ts';
import { readDefinitions } from './read-definitions.ts';
import { inWords } from './words.ts';

type Kind = 'entities' | 'views' | 'onDemand' | 'services';
const kinds: Record<Kind, string> = {
  entities: 'entity',
  views: 'view',
  onDemand: 'on-demand definition',
  services: 'service',
};

export async function describeFeatures(name: string, options: { definitions: string; json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  const { document } = await readDefinitions(options.definitions);
  const [wanted = '', feature] = name.split(':');
  const found = (Object.keys(kinds) as Kind[]).flatMap((kind) =>
    document[kind].filter((each) => each.name === wanted).map((definition) => ({ kind: kinds[kind], definition })),
  );
  if (found.length === 0) {
    const names = (Object.keys(kinds) as Kind[]).flatMap((kind) => document[kind].map((each) => each.name));
    throw new UserError('InvalidInput', unknownName('definition', wanted, names));
  }
  const usedBy = usersOf(document, wanted, feature);
  out.object({ definitions: found, usedBy });
  for (const { kind, definition } of found) show(kind, definition, document, out);
  if (usedBy.length > 0) out.print(`  used by       ${usedBy.join(', ')}`);
}

/** Services and functions that name it, or its features. */
function usersOf({ services, onDemand, views }: FeatureDocument, name: string, feature: string | undefined): string[] {
  const names = (reference: string) =>
    feature === undefined ? reference.startsWith(`${name}:`) : reference === `${name}:${feature}`;
  return [
    ...views.filter(({ entities }) => entities.includes(name)).map((view) => `view ${view.name}`),
    ...onDemand
      .filter(({ inputs }) => Object.values(inputs).some((input) => names(input.feature)))
      .map((each) => `on-demand ${each.name}`),
    ...services.filter(({ features }) => features.some(names)).map((each) => `service ${each.name}`),
  ];
}

function show(kind: string, definition: FeatureDocument[Kind][number], document: FeatureDocument, out: Output): void {
  out.print(`${pc.bold(definition.name)}  ${pc.dim(kind)}`);
  const line = (label: string, value: string | undefined) => {
    if (value) out.print(`  ${label.padEnd(12)}  ${value}`);
  };
  line('description', definition.description);
  line('owner', definition.owner);
  line(
    'tags',
    Object.entries(definition.tags)
      .map(([tag, value]) => `${tag}=${value}`)
      .join(', '),
  );
  if ('joinKeys' in definition)
    line(
      'join keys',
      Object.entries(definition.joinKeys)
        .map(([key, type]) => `${key} (${type})`)
        .join(', '),
    );
  if ('source' in definition) {
    line('entities', definition.entities.join(', '));
    line('source', definition.source.path);
    line('timestamp', definition.timestamp);
    line('created', definition.created);
    line('known', knownIn(definition));
    line('ttl', definition.ttl === '0' ? 'never expires' : definition.ttl);
    line('online', definition.online ? 'yes' : 'no');
    out.print(
      table(
        ['feature', 'type', 'what', 'description'],
        Object.entries(definition.features).map(([name, feature]) => [
          name,
          feature.type,
          inWords(feature),
          feature.description ?? '',
        ]),
      ),
    );
  }
  if ('inputs' in definition) {
    line(
      'inputs',
      Object.entries(definition.inputs)
        .map(([name, { feature, type }]) => `${name} = ${feature} (${type})`)
        .join(', '),
    );
    line(
      'request',
      Object.entries(definition.request)
        .map(([name, type]) => `${name} (${type})`)
        .join(', '),
    );
    line(
      'outputs',
      Object.entries(definition.outputs)
        .map(([name, type]) => `${name} (${type})`)
        .join(', '),
    );
    line('digest', definition.digest);
  }
  if ('version' in definition) {
    line('version', definition.version);
    const types = new Map(
      document.views.flatMap((view) =>
        Object.entries(view.features).map(([name, { type }]) => [`${view.name}:${name}`, type]),
      ),
    );
    for (const feature of definition.features)
      line('feature', `${feature}${types.has(feature) ? ` (${types.get(feature)})` : ' (on demand)'}`);
  }
}

function knownIn({ availableAfter, created }: FeatureDocument['views'][number]): string {
  const known = availableAfter ?? (created === undefined ? '0s' : 'created');
  if (known === 'created') return `from ${created} on`;
  return known === '0s' ? 'from its timestamp on' : `${known} after its timestamp`;
}
