/** What the compiler says of a wrong wiring, in one sentence: which input, what it expects, what it was given. */

/** Codes of what a wrong wiring is: a field that is not there, an input that does not fit, is misspelt or is missing. */
export const wiringCodes: ReadonlySet<number> = new Set([2322, 2339, 2345, 2353, 2551, 2561, 2739, 2741]);

const LONGEST = 160;

/** @param text the compiler's whole message, its lines from the outermost in */
export function wiringSentence(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const at = lines.findIndex((line) => /^Types of property '.+' are incompatible\.$/.test(line));
  const property = /'(.+)'/.exec(lines[at] ?? '')?.[1];
  const [, given, wanted] = /^Type '(.+)' is not assignable to type '(.+)'\.$/.exec(lines[at + 1] ?? '') ?? [];
  if (property && !property.startsWith('[') && given && wanted)
    return `${property} expects ${named(wanted)}, got ${named(given)}`;
  const missing = lines.find((line) => line.startsWith('Property ') && line.includes(' is missing '));
  const name = missing && /^Property '(.+?)'/.exec(missing)?.[1];
  if (name) return `${name} is missing: the step needs it`;
  const unknown = /^Property '(.+?)' does not exist on type .*?(Did you mean '.+?'\?)?$/.exec(lines[0] ?? '');
  if (unknown) return `nothing of that has a field ${unknown[1]}${unknown[2] ? `. ${unknown[2]}` : ''}`;
  const misspelt = /'(\w+)' does not exist in type .*?(Did you mean to write '.+?'\?)?$/.exec(lines[0] ?? '');
  if (misspelt) return `the step has no input ${misspelt[1]}${misspelt[2] ? `. ${misspelt[2]}` : ''}`;
  return cut(lines[0] ?? '');
}

/** A type as people call it: by the kind of what a reference stands for, else by its first field. */
function named(type: string): string {
  const inner = type.replace(/^(Wired|NoInfer|Ref)<(NoInfer<)?/, '');
  const kind = /^\{ kind: "(\w+)"/.exec(inner)?.[1];
  if (kind) return `a reference to ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
  const field = /^\{ (\w+)\??:/.exec(inner)?.[1];
  if (field && type.startsWith('Ref<')) return `the whole output of a step ({ ${field}, … }): name a field of it`;
  return cut(type, 60);
}

const cut = (text: string, length = LONGEST) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
