/** What the compiler says of a wrong wiring, in one sentence: which input, what it expects, what it was given. */

/** Codes of what a wrong wiring is: a field that is not there, an input that does not fit, is misspelt or is missing. */
export const wiringCodes: ReadonlySet<number> = new Set([2322, 2339, 2345, 2353, 2551, 2561, 2739, 2741]);

const LONGEST = 160;
const misfit = /^Type '(.+)' is not assignable to type '(.+)'\.$/;

/**
 * @param text the compiler's whole message, its lines from the outermost in
 * @param at what is written where it points: the input's name
 */
export function wiringSentence(text: string, at: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const [, given, wanted] = misfit.exec(lines[0] ?? '') ?? [];
  if (given && wanted) return expected(at, wanted, given);
  const inside = lines.findIndex((line) => /^Types of property '.+' are incompatible\.$/.test(line));
  const property = /'(.+)'/.exec(lines[inside] ?? '')?.[1];
  const [, its, needed] = misfit.exec(lines[inside + 1] ?? '') ?? [];
  if (property && !property.startsWith('[') && its && needed) return expected(property, needed, its);
  const missing = lines.find((line) => line.startsWith('Property ') && line.includes(' is missing '));
  const name = missing && /^Property '(.+?)'/.exec(missing)?.[1];
  if (name) return `${name} is missing: the step needs it`;
  const unknown = /^Property '(.+?)' does not exist on type '(.+)'\..*?(Did you mean '.+?'\?)?$/.exec(lines[0] ?? '');
  if (unknown) return `${named(unknown[2] ?? '')} has no field ${unknown[1]}${unknown[3] ? `. ${unknown[3]}` : ''}`;
  const misspelt = /'(\w+)' does not exist in type .*?(Did you mean to write '.+?'\?)?$/.exec(lines[0] ?? '');
  if (misspelt) return `the step has no input ${misspelt[1]}${misspelt[2] ? `. ${misspelt[2]}` : ''}`;
  return cut(lines[0] ?? '');
}

/** @param at the input's name, or an expression inside of it */
function expected(at: string, wanted: string, given: string): string {
  const got = named(given);
  const advice = got.startsWith(WHOLE) ? ': name a field of it' : '';
  if (/^\w+$/.test(at)) return `${at} expects ${named(wanted)}, got ${got}${advice}`;
  return `${cut(at.replace(/\s+/g, ' '), 60)} is ${got}, where ${named(wanted)} is expected${advice}`;
}

const WHOLE = 'the whole output of a step';

/** Types of ours by their names, as people call them. */
const words: Readonly<Record<string, string>> = {
  DatasetRef: 'a reference to a dataset',
  FileRef: 'a reference to a file',
  ModelRef: 'a reference to a model',
  ChampionRef: 'the champion',
  EvidenceRef: 'a reference to an evidence',
  Verdict: 'a reference to a verdict',
  VersionRef: 'a reference to a version',
  Metrics: 'a reference to metrics',
};

/** A type as people call it: by its name or the kind of what a reference stands for, else by its first field. */
function named(type: string): string {
  const inner = type.replace(/^(Wired|NoInfer|Ref)<(NoInfer<)?/, '');
  const word = words[/^\w+/.exec(inner)?.[0] ?? ''];
  if (word) return word;
  const kind = /^\{ kind: "(\w+)"/.exec(inner)?.[1];
  if (kind) return `a reference to ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
  const field = /^\{ (\w+)\??:/.exec(inner)?.[1];
  if (field && type.startsWith('Ref<')) return `${WHOLE} ({ ${field}, … })`;
  return cut(type, 60);
}

const cut = (text: string, length = LONGEST) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
