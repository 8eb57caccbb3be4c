/** `ratchet features list`. */
import { sourceName } from '#features/source.ts';
import pc from '../../kit/color.ts';
import { createOutput, shortened, table } from '../../kit/output.ts';
import { readDefinitions } from './read-definitions.ts';
import { inWords } from './words.ts';

export async function listFeatures(options: { definitions: string; json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  const { document } = await readDefinitions(options.definitions);
  out.object(document);
  const rows = [
    ...document.views.flatMap((view) =>
      Object.entries(view.features).map(([name, feature]) => [
        `${view.name}:${name}`,
        feature.type,
        view.entities.join(', '),
        inWords(feature),
        shortened(sourceName(view.source), 60),
        view.owner ?? '',
      ]),
    ),
    ...document.onDemand.flatMap(({ name, outputs, owner }) =>
      Object.entries(outputs).map(([output, type]) => [`${name}:${output}`, type, '', 'on demand', '', owner ?? '']),
    ),
  ];
  out.print(table(['feature', 'type', 'entity', 'what', 'source', 'owner'], rows));
  if (document.services.length > 0) {
    out.print('');
    out.print(
      table(
        ['service', 'features', 'version'],
        document.services.map(({ name, features, version }) => [
          name,
          String(features.length),
          pc.dim(version.slice(0, 19)),
        ]),
        [1],
      ),
    );
  }
}
