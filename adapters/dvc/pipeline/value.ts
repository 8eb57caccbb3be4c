/**
 * Values of parameters, locks and templates, as Python has them: whole numbers (bigint) are not floats (number), since
 * `42` and `42.0` are different texts in a command and the same value in a comparison.
 */
import { isMap, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { UserError } from '#contracts/failures.ts';
import { asciiJson } from '../python-json.ts';

export type Value = null | boolean | string | bigint | number | readonly Value[] | ValueMap;
export type ValueMap = ReadonlyMap<string, Value>;

export const isValueMap = (value: Value | undefined): value is ValueMap => value instanceof Map;
export const isValueList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

export interface ParsedYaml {
  /** As plain objects, for a schema. */
  readonly plain: unknown;
  readonly value: Value;
  /** `, line 3, column 5`; empty where nothing is known. */
  at(path: readonly PropertyKey[]): string;
}

/**
 * YAML 1.2: `on` is a text, `1e-5` a float. An empty file is an empty map.
 * @throws UserError DataInvalid with the file, the line and the column
 */
export function parseYaml(text: string, name: string): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    intAsBigInt: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  });
  const where = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `, line ${line}, column ${col}`;
  };
  const [error] = document.errors;
  if (error) throw new UserError('DataInvalid', `${name}${where(error.pos[0])}: ${error.message.split('\n')[0]}`);
  let plain: unknown;
  let value: Value;
  try {
    const limits = { maxAliasCount: 100 };
    plain = document.toJS(limits) ?? {};
    value = pythonValue(document.toJS({ ...limits, mapAsMap: true }) ?? new Map());
  } catch (problem) {
    throw new UserError('DataInvalid', `${name}: ${(problem as Error).message}`);
  }
  return {
    plain,
    value,
    at: (path) => {
      let node: ParsedNode | null = document.contents;
      let found = node?.range[0];
      for (const key of path) {
        if (isMap<ParsedNode, ParsedNode | null>(node)) {
          const pair = node.items.find((item) => String((item.key as { value?: unknown }).value) === String(key));
          found = pair?.key.range[0] ?? found;
          node = pair?.value ?? null;
        } else {
          const item = (node as { items?: readonly ParsedNode[] } | null)?.items?.[Number(key)];
          found = item?.range[0] ?? found;
          node = item ?? null;
        }
      }
      return found === undefined ? '' : where(found);
    },
  };
}

/** Of what a parser made: keys become texts. */
export function pythonValue(found: unknown): Value {
  if (found === null || found === undefined) return null;
  if (typeof found === 'boolean' || typeof found === 'string' || typeof found === 'bigint' || typeof found === 'number')
    return found;
  if (Array.isArray(found)) return found.map(pythonValue);
  if (found instanceof Map) return new Map([...found].map(([key, value]) => [textOfKey(key), pythonValue(value)]));
  if (found instanceof Date) return found.toISOString();
  return new Map(Object.entries(found as object).map(([key, value]) => [key, pythonValue(value)]));
}

const textOfKey = (key: unknown): string => {
  const value = pythonValue(key);
  return isValueMap(value) || isValueList(value) ? JSON.stringify(plainOf(value)) : pythonText(value);
};

/** As Python compares: 1 is 1.0 is True; the order of keys does not count. */
export function isEqual(a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (isValueList(a)) return isValueList(b) && a.length === b.length && a.every((each, at) => isEqual(each, b[at]));
  if (isValueMap(a))
    return (
      isValueMap(b) && a.size === b.size && [...a].every(([key, value]) => b.has(key) && isEqual(value, b.get(key)))
    );
  const [left, right] = [numberOf(a), numberOf(b)];
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number are compared by what they are worth, exactly.
  return left === null || right === null ? a === b : left == right;
}

const numberOf = (value: Value | undefined): bigint | number | null => {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'bigint' || typeof value === 'number' ? value : null;
};

/** `repr` of a float: the shortest digits that read back as it, with an exponent below 1e-4 and from 1e16. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  if (value === 0) return '0.0';
  const [digits = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16)
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  const plain =
    exponent < 0 ? value.toFixed(Math.max(0, digits.replace(/[-.]/g, '').length - 1 - exponent)) : String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

/** `str` of what is not a collection; booleans as templates write them. */
export function pythonText(value: null | boolean | string | bigint | number): string {
  if (value === null) return 'None';
  return typeof value === 'number' ? floatText(value) : String(value);
}

/** For JSON and tables: whole numbers that JavaScript cannot hold stay texts. */
export function plainOf(value: Value): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (isValueList(value)) return value.map(plainOf);
  if (isValueMap(value)) return Object.fromEntries([...value].map(([key, each]) => [key, plainOf(each)]));
  return value;
}

/** `json.dumps(value, sort_keys=True)`, of which DVC's run cache takes its digests. */
export function sortedJson(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return asciiJson(value);
  if (typeof value === 'number') {
    const text = floatText(value);
    return { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' }[text] ?? text;
  }
  if (isValueList(value)) return `[${value.map(sortedJson).join(', ')}]`;
  if (!isValueMap(value)) return String(value);
  const entries = [...value].map(([key, each]) => ({ key, bytes: Buffer.from(key), text: sortedJson(each) }));
  entries.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  return `{${entries.map(({ key, text }) => `${asciiJson(key)}: ${text}`).join(', ')}}`;
}
