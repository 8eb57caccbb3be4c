/** The module of definitions that `ratchet features import` writes. */
import type { Carried, CarriedView, Unwritten } from './carry-over.ts';

/** @param from what it is said to be imported from */
export function definitionsText({ entities, views, services, functions }: Carried, from: string): string {
  const consts = constants([...entities.map(({ name }) => name), ...views.map(({ name }) => name)]);
  const entityConst = new Map(entities.map(({ name }, index) => [name, consts[index] ?? '']));
  const viewConst = new Map(views.map(({ name }, index) => [name, consts[entities.length + index] ?? '']));
  const used = ['defineFeatures', 'entity', ...(services.length > 0 ? ['featureService'] : []), 'featureView'];
  return `${[
    `// Imported from ${oneLine(from)}.`,
    `import { ${used.join(', ')} } from 'ratchet-ml';`,
    '',
    ...entities.map((each) => `const ${entityConst.get(each.name)} = entity(${literal(each)});`),
    '',
    ...views.map((each) => `const ${viewConst.get(each.name)} = ${viewText(each, entityConst)};`),
    ...functions.flatMap((each) => ['', ...commented(each, viewConst)]),
    '',
    'export default defineFeatures({',
    `  entities: [${[...entityConst.values()].join(', ')}],`,
    `  views: [${[...viewConst.values()].join(', ')}],`,
    ...(services.length > 0
      ? ['  services: [', ...services.map((each) => `    featureService(${literal(each, '    ')}),`), '  ],']
      : []),
    '});',
  ].join('\n')}\n`;
}

function viewText({ availableAfter, ...view }: CarriedView, entityConst: ReadonlyMap<string, string>): string {
  const entities = `[${view.entities.map((name) => entityConst.get(name) ?? text(name)).join(', ')}]`;
  const lines = Object.entries(view).flatMap(([key, value]) => [
    `  ${key}: ${key === 'entities' ? entities : literal(value, '  ')},`,
    ...(key === 'created' && availableAfter
      ? [
          '  // Known at its timestamp, as Feast takes it. Without this line no row is seen before it was written, which is safer.',
          `  availableAfter: ${text(availableAfter)},`,
        ]
      : []),
  ]);
  return `featureView({\n${lines.join('\n')}\n})`;
}

/** What somebody is to write, as far as it is known, and Python's own words. */
function commented(
  { name, inputs, request, outputs, services, text: python }: Unwritten,
  views: ReadonlyMap<string, string>,
): string[] {
  const named = constants([name])[0] ?? 'computed';
  const of = services.length > 0 ? `, and its features to ${services.join(', ')}` : '';
  const twice = new Set(inputs.map(({ feature }) => feature).filter((each, at, all) => all.indexOf(each) !== at));
  const reads = inputs.map(
    ({ view, feature }) =>
      `${key(twice.has(feature) ? `${view}_${feature}` : feature)}: feature(${views.get(view) ?? text(view)}, ${text(feature)})`,
  );
  return [
    `${name} is a function in Python. Write it as onDemandFeatures, add onDemand: [${named}] below${of}:`,
    `const ${named} = onDemandFeatures({`,
    `  name: ${text(name)},`,
    ...(reads.length > 0 ? [`  inputs: { ${reads.join(', ')} },`] : []),
    ...(Object.keys(request).length > 0 ? [`  request: ${literal(request)},`] : []),
    `  outputs: ${literal(outputs)},`,
    `  compute: (given) => ({ ${Object.keys(outputs)
      .map((output) => `${key(output)}: …`)
      .join(', ')} }),`,
    '});',
    ...python
      .trimEnd()
      .split(/\r\n|[\n\r\u2028\u2029]/)
      .map((line) => `    ${line}`),
  ].map((line) => `// ${oneLine(line)}`.trimEnd());
}

const taken = ['defineFeatures', 'entity', 'featureService', 'featureView', 'feature', 'onDemandFeatures'];
const reserved = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
);

/** A constant for each name, all different: `driver_stats` is driverStats. */
function constants(names: readonly string[]): string[] {
  const made = new Set(taken);
  return names.map((name) => {
    const plain = name.replace(/_+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, '');
    const short = plain.charAt(0).toLowerCase() + plain.slice(1);
    let found = reserved.has(short) ? `${short}_` : short;
    for (let more = 2; made.has(found); more += 1) found = `${short}${more}`;
    made.add(found);
    return found;
  });
}

/** A value as TypeScript: one line where it is short. */
function literal(value: unknown, indent = ''): string {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((each) => literal(each, inner))
    : Object.entries(value).map(([name, each]) => `${key(name)}: ${literal(each, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const pad = Array.isArray(value) || parts.length === 0 ? '' : ' ';
  const line = `${open}${pad}${parts.join(', ')}${pad}${close}`;
  if (line.length <= 100 && !line.includes('\n')) return line;
  return `${open}\n${parts.map((part) => `${inner}${part},`).join('\n')}\n${indent}${close}`;
}

const key = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) && name !== '__proto__' ? name : `[${text(name)}]`);
const text = (value: string) => `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
/** Of a comment, which ends where a line does. */
const oneLine = (value: string) => value.replace(/[\n\r\u2028\u2029]/g, ' ');
