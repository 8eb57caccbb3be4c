/** From a `dvc.yaml` to its stages: `foreach` and `matrix` made to one stage a value, templates resolved. */
import { dirname, relative, resolve, sep } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { ReadText } from '../read-text.ts';
import { readPipelineFile } from './pipeline-file.ts';
import type { Stage, StageOut, StageParams } from './stage.ts';
import { resolved, templateText } from './template.ts';
import { isValueList, isValueMap, type Value, type ValueMap } from './value.ts';
import { type Vars, varsOf, varsOfFile } from './vars.ts';

const PARAMS = 'params.yaml';
const none: ValueMap = new Map();

/**
 * @param file dvc.yaml, absolute
 * @param root of the repository
 * @throws UserError InvalidPipeline, with the line where it is known; DataInvalid for a file of parameters
 */
export async function stagesOf(file: string, root: string, read: ReadText): Promise<Stage[]> {
  const name = relative(root, file).split(sep).join('/');
  const content = readPipelineFile((await read(file)) ?? '', name);
  const folder = dirname(file);
  const vars = await varsOfFile(content.get('vars'), folder, `${name}, vars`, read);
  const stages: Stage[] = [];
  const definitions = content.get('stages');
  for (const [group, definition] of isValueMap(definitions) ? definitions : none) {
    const where = `${name}, stages.${group}`;
    for (const { key, template, own } of expanded(definition, vars.values, where)) {
      const full = key === null ? group : `${group}@${key}`;
      const scope = { ...vars, values: new Map([...vars.values, ...own]) };
      stages.push(await stageOf({ name: full, template, file, root, read, where: `${name}, stages.${full}` }, scope));
    }
  }
  return stages;
}

interface Expanded {
  readonly key: string | null;
  readonly template: ValueMap;
  readonly own: ValueMap;
}

function expanded(definition: Value, vars: ValueMap, where: string): Expanded[] {
  if (!isValueMap(definition)) return [];
  const [each, matrix] = [definition.get('foreach'), definition.get('matrix')];
  if (each !== undefined) {
    const template = definition.get('do');
    return eachOf(each, vars, where).map((item) => ({ ...item, template: isValueMap(template) ? template : none }));
  }
  if (!isValueMap(matrix)) return [{ key: null, template: definition, own: none }];
  const template = new Map([...definition].filter(([key]) => key !== 'matrix'));
  return combinations(matrix, vars, where).map((item) => ({ ...item, template }));
}

function eachOf(each: Value, vars: ValueMap, where: string): { key: string; own: ValueMap }[] {
  const values = resolved(each, vars, `${where}.foreach`);
  if (isValueMap(values))
    return [...values].map(([key, item]) => ({
      key,
      own: new Map<string, Value>([
        ['item', item],
        ['key', key],
      ]),
    }));
  if (!isValueList(values))
    throw new UserError('InvalidPipeline', `${where}.foreach is ${String(values)}: a list or a map is wanted`);
  const isPlain = values.every((value) => !isValueList(value) && !isValueMap(value));
  const named = values.map((item, at): [string, Value] => [isPlain ? templateText(item, where) : String(at), item]);
  return [...new Map(named)].map(([key, item]) => ({ key, own: new Map([['item', item]]) }));
}

function combinations(matrix: ValueMap, vars: ValueMap, where: string): { key: string; own: ValueMap }[] {
  let all: { parts: string[]; item: Map<string, Value> }[] = [{ parts: [], item: new Map() }];
  for (const [name, listed] of matrix) {
    const values = resolved(listed, vars, `${where}.matrix`);
    if (!isValueList(values))
      throw new UserError('InvalidPipeline', `${where}.matrix.${name} is ${String(values)}: a list is wanted`);
    all = all.flatMap(({ parts, item }) =>
      values.map((value, at) => {
        const part = isValueList(value) || isValueMap(value) ? `${name}${at}` : templateText(value, where);
        return { parts: [...parts, part], item: new Map(item).set(name, value) };
      }),
    );
  }
  const named = all.map(({ parts, item }) => [parts.join('-'), item] as const);
  return [...new Map(named)].map(([key, item]) => ({
    key,
    own: new Map<string, Value>([
      ['key', key],
      ['item', item],
    ]),
  }));
}

interface Source {
  readonly name: string;
  readonly template: ValueMap;
  readonly file: string;
  readonly root: string;
  readonly where: string;
  readonly read: ReadText;
}

async function stageOf({ name, template, file, root, where, read }: Source, vars: Vars): Promise<Stage> {
  const folder = dirname(file);
  const wdirText = template.get('wdir');
  const wdirOf = (values: ValueMap) =>
    wdirText === undefined
      ? folder
      : resolve(folder, templateText(resolved(wdirText, values, `${where}.wdir`), `${where}.wdir`));
  const { values } = await varsOf(template.get('vars'), vars, wdirOf(vars.values), `${where}.vars`, read);
  const wdir = wdirOf(values);
  inside(root, wdir, relative(folder, wdir), `${where}.wdir`);
  const entry = (key: string): Value | undefined => {
    const found = template.get(key);
    return found === undefined ? undefined : resolved(found, values, `${where}.${key}`, key === 'cmd');
  };
  const texts = (key: string) => list(entry(key)).map((each) => templateText(each, `${where}.${key}`));
  const deps = [...new Set(texts('deps'))].map((path) => ({
    path,
    // What is read may lie anywhere.
    absolute: localPath(wdir, path, `${where}.deps`),
  }));
  const outs = (['outs', 'metrics', 'plots'] as const).flatMap((kind) =>
    outsOf(entry(kind), kind, root, wdir, `${where}.${kind}`),
  );
  const relativeFile = relative(root, file).split(sep).join('/');
  const cmd = entry('cmd') ?? '';
  const params = await paramsOf(entry('params'), wdir, where, read);
  return {
    ...{ name, file, wdir, deps, outs, params },
    cmd: isValueList(cmd) ? cmd.map((each) => templateText(each, `${where}.cmd`)) : templateText(cmd, `${where}.cmd`),
    address: relativeFile === 'dvc.yaml' ? name : `${relativeFile}:${name}`,
    frozen: template.get('frozen') === true,
    alwaysChanged:
      template.get('always_changed') === true || (deps.length === 0 && params.length === 0 && outs.length === 0),
  };
}

const list = (value: Value | undefined): readonly Value[] => (isValueList(value) ? value : []);

function localPath(wdir: string, path: string, where: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path))
    throw new UserError(
      'InvalidPipeline',
      `${where}: ${path} is not on this machine: \`dvc import-url\` brings it here, and the stage can name the copy`,
    );
  if (path.includes('\0') || path === '') throw new UserError('InvalidPipeline', `${where}: an empty path`);
  return resolve(wdir, path);
}

function inside(root: string, path: string, said: string, where: string): string {
  const own = relative(root, path);
  if (own.split(sep)[0] === '..' || own.startsWith(sep))
    throw new UserError('InvalidPipeline', `${where}: ${said} is outside of the repository ${root}`);
  return path;
}

function outsOf(
  value: Value | undefined,
  kind: StageOut['kind'],
  root: string,
  wdir: string,
  where: string,
): StageOut[] {
  const flags = new Map<string, Map<string, Value>>();
  for (const each of list(value))
    for (const [path, more] of isValueMap(each) ? each : new Map<string, Value>([[templateText(each, where), none]])) {
      const said = isValueList(more)
        ? more.filter(isValueMap).flatMap((one) => [...one])
        : isValueMap(more)
          ? [...more]
          : [];
      flags.set(path, new Map([...(flags.get(path) ?? []), ...said]));
    }
  return [...flags].map(([path, said]) => {
    const remote = said.get('remote');
    const absolute = inside(root, localPath(wdir, path, where), path, where);
    if (absolute === root) throw new UserError('InvalidPipeline', `${where}: ${path} is the repository itself`);
    return {
      ...{ path, absolute, kind },
      cache: said.get('cache') !== false,
      persist: said.get('persist') === true,
      push: said.get('push') !== false,
      remote: typeof remote === 'string' ? remote : undefined,
    };
  });
}

/** In a file of its own: keys, or null for all of it; else keys of params.yaml. */
async function paramsOf(value: Value | undefined, wdir: string, where: string, read: ReadText): Promise<StageParams[]> {
  const files = new Map<string, string[] | null>();
  const add = (file: string, keys: readonly string[] | null) => {
    const there = files.get(file);
    files.set(file, there === null || keys === null ? null : [...(there ?? []), ...keys]);
  };
  for (const each of list(value)) {
    if (!isValueMap(each)) {
      add(PARAMS, [templateText(each, `${where}.params`)]);
      continue;
    }
    for (const [file, keys] of each) {
      const names = isValueList(keys) ? keys.map((key) => templateText(key, `${where}.params`)) : [];
      // Nested names of params.yaml, which read like a file; a file of that name comes first, as with DVC.
      if (names.length > 0 && !/\.\w+$/.test(file) && (await read(resolve(wdir, file)).catch(() => null)) === null)
        add(
          PARAMS,
          names.map((name) => `${file}.${name}`),
        );
      else add(file, names.length > 0 ? names : null);
    }
  }
  return [...files].map(([path, keys]) => ({
    ...{ path, absolute: resolve(wdir, path) },
    keys: keys === null ? null : [...new Set(keys)],
  }));
}
