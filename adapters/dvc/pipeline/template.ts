/** `${…}` in `dvc.yaml`, as DVC resolves it: a text that is one expression becomes its value, any other a text. */
import { UserError } from '#contracts/failures.ts';
import { isValueList, isValueMap, pythonText, type Value, type ValueMap } from './value.ts';

const EXPRESSION = /(?<!\\)\$\{(.*?)\}/gs;
/** A word, then `.word` or `[word]`. */
const PATH = /^[^.[\]]+(?:\.[^.[\]]+|\[[^.[\]]+\])*$/;

export const hasExpression = (text: string): boolean => text.search(EXPRESSION) !== -1;

/**
 * @param where for the error: `stages.train.cmd`
 * @param isCommand a map becomes options of a command line: `--lr 0.1 --layers 64 32`
 * @throws UserError InvalidPipeline for what cannot be found, and for a collection in a text
 */
export function resolved(value: Value, context: ValueMap, where: string, isCommand = false): Value {
  if (typeof value === 'string') return resolvedText(value, context, where, isCommand);
  if (isValueList(value)) return value.map((each) => resolved(each, context, where, isCommand));
  if (!isValueMap(value)) return value;
  return new Map(
    [...value].map(([key, each]) => [
      templateText(resolvedText(key, context, where, false), where),
      resolved(each, context, where, isCommand),
    ]),
  );
}

function resolvedText(text: string, context: ValueMap, where: string, isCommand: boolean): Value {
  const matches = [...text.matchAll(EXPRESSION)];
  const [first] = matches;
  if (first && matches.length === 1 && first[0] === text) {
    const value = found(first[1] ?? '', context, where);
    return isValueMap(value) && isCommand ? commandOptions(value, where) : value;
  }
  const whole = text.replace(EXPRESSION, (_, path: string) => {
    const value = found(path, context, where);
    if (isValueMap(value) && isCommand) return commandOptions(value, where);
    return templateText(value, `${where}, \${${path}}`);
  });
  return whole.replaceAll('\\${', '${');
}

function found(path: string, context: ValueMap, where: string): Value {
  if (!PATH.test(path))
    throw new UserError(
      'InvalidPipeline',
      `${where}: \${${path}} is no path: words with dots or brackets are, \${train.lr} or \${layers[0]}`,
    );
  const parts = path.replaceAll('[', '.').replaceAll(']', '').split('.');
  let value: Value | undefined = context;
  for (const part of parts) {
    const key = part.trim();
    value = isValueMap(value) ? value.get(key) : isValueList(value) ? value[indexOf(key, value.length)] : undefined;
    if (value === undefined)
      throw new UserError(
        'InvalidPipeline',
        `${where}: could not find '${path}': neither params.yaml nor vars have it`,
      );
  }
  return value;
}

const indexOf = (key: string, length: number): number => {
  const index = /^-?\d+$/.test(key) ? Number(key) : Number.NaN;
  return index < 0 ? length + index : index;
};

/** @throws UserError InvalidPipeline for a list or a map */
export function templateText(value: Value, where: string): string {
  if (isValueList(value) || isValueMap(value))
    throw new UserError(
      'InvalidPipeline',
      `${where} is a ${isValueMap(value) ? 'map' : 'list'}, which cannot stand in a text: name one of its values`,
    );
  return pythonText(value);
}

function commandOptions(value: ValueMap, where: string): string {
  return flattened(value)
    .flatMap(([key, each]) => {
      if (typeof each === 'boolean') return each ? [`--${key}`] : [];
      if (!isValueList(each)) return [`--${key} ${optionText(each, where)}`];
      return each.length === 0 ? [] : [`--${key} ${each.map((one) => optionText(one, where)).join(' ')}`];
    })
    .join(' ');
}

const optionText = (value: Value, where: string): string => {
  const text = templateText(value, where);
  return typeof value === 'string' ? shellQuoted(text) : text;
};

/** As Python's `shlex.quote`. */
const shellQuoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;

/** `{ a: { b: 1 } }` → `a.b`. */
export function flattened(value: ValueMap, prefix = ''): [string, Value][] {
  return [...value].flatMap(([key, each]): [string, Value][] =>
    isValueMap(each) && each.size > 0 ? flattened(each, `${prefix}${key}.`) : [[`${prefix}${key}`, each]],
  );
}
