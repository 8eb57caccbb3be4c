/** Files of parameters: YAML, JSON, TOML, and Python, whose assignments of literals Python itself reads. */
import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { parse as parseToml, TomlError } from 'smol-toml';
import { UserError } from '#contracts/failures.ts';
import { type ReadText, readWorkspace } from '../read-text.ts';
import { isValueMap, parseYaml, pythonValue, type Value, type ValueMap } from './value.ts';

/**
 * @param name for messages
 * @returns null when there is no such file
 * @throws UserError DataInvalid for what cannot be read, and for what is no map
 */
export async function readParamsFile(
  path: string,
  name: string,
  read: ReadText = readWorkspace,
): Promise<ValueMap | null> {
  const text = await read(path);
  if (text === null) return null;
  const value = await parsed(text, name);
  if (!isValueMap(value)) throw new UserError('DataInvalid', `${name}: a map of parameters is wanted`);
  return value;
}

/** @returns the value at `a.b.c`; undefined where there is none */
export function valueAt(params: ValueMap, path: string): Value | undefined {
  let value: Value | undefined = params;
  for (const part of path.split('.'))
    value = isValueMap(value)
      ? value.get(part)
      : Array.isArray(value) && /^\d+$/.test(part)
        ? value[Number(part)]
        : undefined;
  return value;
}

async function parsed(text: string, name: string): Promise<Value> {
  switch (extname(name).toLowerCase()) {
    case '.json':
      return parsedJson(text, name);
    case '.toml':
      return parsedToml(text, name);
    case '.py':
      return parsedPython(text, name);
    default:
      return parseYaml(text, name).value;
  }
}

/** JSON is YAML, which tells 1 from 1.0; what else YAML would take is refused first. */
function parsedJson(text: string, name: string): Value {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new UserError('DataInvalid', `${name}: ${(error as Error).message}`);
  }
  return parseYaml(text, name).value;
}

function parsedToml(text: string, name: string): Value {
  try {
    return pythonValue(parseToml(text, { integersAsBigInt: true }));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what] = error.message.split('\n');
    throw new UserError('DataInvalid', `${name}, line ${error.line}, column ${error.column}: ${what}`);
  }
}

/** Nothing of the file is run: its text is parsed. */
const PYTHON = `
import ast, json, sys

def literal(node):
    return ast.literal_eval(node)

def name_of(target, own):
    if isinstance(target, ast.Name) and not own:
        return target.id
    if isinstance(target, ast.Attribute) and own and isinstance(target.value, ast.Name) and target.value.id == "self":
        return target.attr
    raise ValueError

def read(tree, own=False):
    found = {}
    for node in tree.body:
        try:
            if isinstance(node, ast.AnnAssign) and node.value is not None:
                found[name_of(node.target, own)] = literal(node.value)
            elif isinstance(node, ast.Assign) and len(node.targets) == 1:
                found[name_of(node.targets[0], own)] = literal(node.value)
            elif isinstance(node, ast.ClassDef):
                found[node.name] = read(node)
            elif isinstance(node, ast.FunctionDef) and node.name == "__init__":
                found.update(read(node, True))
        except (ValueError, TypeError, SyntaxError):
            continue
    return found

def told(value):
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return repr(value)

try:
    print(json.dumps(read(ast.parse(sys.stdin.read())), default=told, allow_nan=False))
except SyntaxError as error:
    print(f"line {error.lineno}, column {error.offset}: {error.msg}", file=sys.stderr)
    sys.exit(3)
`;

async function parsedPython(text: string, name: string): Promise<Value> {
  const running = promisify(execFile)('python3', ['-I', '-c', PYTHON], {
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin?.on('error', () => undefined);
  running.child.stdin?.end(text);
  try {
    return parseYaml((await running).stdout, name).value;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT')
      throw new UserError('DataInvalid', `${name}: python3 is needed to read parameters of Python, and is not there`);
    throw new UserError('DataInvalid', `${name}, ${stderr.trim().split('\n').at(-1) ?? 'cannot be read'}`);
  }
}
