/** `ratchet features describe`. */
import { UserError } from '#contracts/failures.ts';
import type { FeatureDocument } from '#features/document.ts';
import { unknownName } from '#features/names.ts';
import { sourceName } from '#features/source.ts';
import pc from '../../../kit/color.ts';
import { refuseUnwritable } from '../../../kit/given-file.ts';
import { createOutput, type Output, table } from '../../../kit/output.ts';
import { writeReport } from '../../../kit/write-report.ts';
import { readDefinitions } from '../read-definitions.ts';
import { inWords } from '../words.ts';
import { lookInto } from './look-into-sources.ts';

type Definition = FeatureDocument[Kind][number];
type Kind = 'entities' | 'views' | 'onDemand' | 'services';
const kinds: Record<Kind, string> = {
  entities: 'entity',
  views: 'view',
  onDemand: 'on-demand definition',
  services: 'service',
};

export interface DescribeOptions {
  definitions: string;
  html?: string;
  at?: string;
  json?: boolean;
}

export async function describeFeatures(name: string, options: DescribeOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await refuseUnwritable('--html', options.html);
  if (options.at !== undefined && options.html === undefined)
    throw new UserError('InvalidInput', '--at is of the distributions, which --html shows: give --html FILE, too');
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
  const looked = options.html === undefined ? null : await lookInto(name, document, options, out);
  if (options.html !== undefined && looked !== null) {
    const { describePage } = await import('#reports/features/describe-page.ts');
    const definitions = found.map(({ kind, definition }) => ({
      kind,
      facts: factsOf(definition, document),
      features: featuresOf(definition),
    }));
    await writeReport(options.html, describePage({ name, definitions, usedBy, ...looked }), out);
  }
  out.object({
    definitions: found,
    usedBy,
    ...(looked === null ? {} : { sources: looked.sources, models: looked.models }),
  });
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

function show(kind: string, definition: Definition, document: FeatureDocument, out: Output): void {
  out.print(`${pc.bold(definition.name)}  ${pc.dim(kind)}`);
  for (const [label, value] of factsOf(definition, document)) out.print(`  ${label.padEnd(12)}  ${value}`);
  if ('source' in definition)
    out.print(
      table(
        ['feature', 'type', 'what', 'description'],
        featuresOf(definition).map(({ name, type, what, description }) => [name, type, what, description]),
      ),
    );
}

/** Of a view. */
const featuresOf = (definition: Definition) =>
  'source' in definition
    ? Object.entries(definition.features).map(([name, feature]) => ({
        ...{ name, type: feature.type, what: inWords(feature) },
        description: feature.description ?? '',
      }))
    : [];

/** What is said of it, label and value; nothing of what it does not say. */
function factsOf(definition: Definition, document: FeatureDocument): [label: string, value: string][] {
  const pairs = (record: Record<string, string>) =>
    Object.entries(record)
      .map(([name, type]) => `${name} (${type})`)
      .join(', ');
  const said: [string, string | undefined][] = [
    ['description', definition.description],
    ['owner', definition.owner],
    [
      'tags',
      Object.entries(definition.tags)
        .map(([tag, value]) => `${tag}=${value}`)
        .join(', '),
    ],
  ];
  if ('joinKeys' in definition) said.push(['join keys', pairs(definition.joinKeys)]);
  if ('source' in definition)
    said.push(
      ['entities', definition.entities.join(', ')],
      ['source', sourceName(definition.source)],
      ['timestamp', definition.timestamp],
      ['created', definition.created],
      ['known', knownIn(definition)],
      ['ttl', definition.ttl === '0' ? 'never expires' : definition.ttl],
      ['online', definition.online ? 'yes' : 'no'],
    );
  if ('inputs' in definition)
    said.push(
      [
        'inputs',
        Object.entries(definition.inputs)
          .map(([name, { feature, type }]) => `${name} = ${feature} (${type})`)
          .join(', '),
      ],
      ['request', pairs(definition.request)],
      ['outputs', pairs(definition.outputs)],
      ['digest', definition.digest],
    );
  if ('version' in definition) {
    said.push(['version', definition.version]);
    const types = new Map(
      document.views.flatMap((view) =>
        Object.entries(view.features).map(([name, { type }]) => [`${view.name}:${name}`, type]),
      ),
    );
    for (const feature of definition.features)
      said.push(['feature', `${feature}${types.has(feature) ? ` (${types.get(feature)})` : ' (on demand)'}`]);
  }
  return said.flatMap(([label, value]): [string, string][] => (value ? [[label, value]] : []));
}

function knownIn({ availableAfter, created }: FeatureDocument['views'][number]): string {
  const known = availableAfter ?? (created === undefined ? '0s' : 'created');
  if (known === 'created') return `from ${created} on`;
  return known === '0s' ? 'from its timestamp on' : `${known} after its timestamp`;
}
