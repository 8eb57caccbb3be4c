/** One line for a step in Temporal's timeline, where its type stands already: what it works on. */
import type { Json } from '#contracts/json.ts';
import type { StepCall } from '#contracts/run.ts';

type Fields = { readonly [key: string]: Json | undefined };
const LENGTH = 120;

/** Of Ratchet's own stages; a user's step is told by its node and params alone. */
const words: Record<string, (input: Fields) => string[]> = {
  validateData: ({ source, expectations }) => [fileName(source), count(expectations, 'expectation')],
  featurize: ({ data, views }) => [rows(data), ...list(views).map((view) => `+ ${text(fields(view).name)}`)],
  train: ({ features, trainer, params }) => [program(trainer), rows(features), params ? pairs(fields(params)) : ''],
  evaluate: ({ holdout, champion }) => [
    champion ? `against v${text(fields(champion).version)}` : 'no champion yet',
    rows(holdout),
  ],
  gate: ({ rules }) => [against(fields(rules))],
  register: ({ verdict }) => [text(fields(verdict).outcome)],
  promote: ({ version }) => [`v${text(fields(version).version)} becomes champion`],
  publish: ({ version, repo }) => [`v${text(fields(version).version)} to ${text(repo)}`],
};

/** `validateFlights: flights.csv, 8 expectations`; undefined when there is nothing to add. Never throws, whatever the input is. */
export function summaryOf({ node, step, input }: Pick<StepCall, 'node' | 'step' | 'input'>): string | undefined {
  const said = (words[step]?.(fields(input)) ?? [pairs(fields(input))]).filter(Boolean).join(', ');
  const line = [node === step ? '' : node, said].filter(Boolean).join(': ');
  if (line === '') return undefined;
  return line.length > LENGTH ? `${line.slice(0, LENGTH - 1)}…` : line;
}

function fields(value: Json | undefined): Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : {};
}
const against = ({ metric, minimumEffect, notWorseThan }: Fields): string =>
  notWorseThan === undefined
    ? `${text(metric)} better by ${text(minimumEffect)}`
    : `${text(metric)} not worse by ${text(notWorseThan)}`;
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const text = (value: Json | undefined): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '?';

/** Plain values by name; what is nested is left out. */
const pairs = (of: Fields): string =>
  Object.entries(of)
    .filter(([, value]) => text(value) !== '?')
    .map(([name, value]) => `${name} ${text(value)}`)
    .join(', ');

function count(value: Json | undefined, of: string): string {
  const length = list(value).length;
  return length === 0 ? '' : `${length} ${of}${length === 1 ? '' : 's'}`;
}

function rows(dataset: Json | undefined): string {
  const number = fields(dataset).rows;
  // Not by the machine's locale: a replay elsewhere must say the same.
  return typeof number === 'number' ? `${String(number).replace(/\B(?=(\d{3})+$)/g, ',')} rows` : '';
}

/** The last part of a path or URI, of a file's reference its name. */
function fileName(source: Json | undefined): string {
  const { name, uri } = fields(source);
  const place = [source, name, uri].find((value) => typeof value === 'string');
  return typeof place === 'string' ? (place.split('/').at(-1) ?? place) : '';
}

/** `python train.py` → `train.py`. */
function program(value: Json | undefined): string {
  const [first, second] = list(fields(value).command);
  return typeof second === 'string' && first === 'python' ? second : typeof first === 'string' ? first : '';
}
