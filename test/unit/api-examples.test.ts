/**
 * Every export of the entry points says in its comment what it is for, with an `@example` that compiles. An example
 * stands as a module of its own that imports all of them, and what `api-examples/cast.ts` has.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { exports: Record<string, string> };
const entries = Object.entries(exports).map(([path, file]) => ({
  specifier: path.replace('.', 'ratchet-ml'),
  file: `${root}${file.slice(2)}`,
}));
const place = `${root}test/unit/api-examples/`;
const cast = `${place}cast.ts`;

const { options: ours } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile).config,
  ts.sys,
  root,
);
/** An example imports types as it imports values. */
const options = { ...ours, incremental: false, verbatimModuleSyntax: false, isolatedModules: false, noEmit: true };
delete options.tsBuildInfoFile;
const host = ts.createCompilerHost(options);
const modules = new Map<string, string>();
const { getSourceFile, fileExists } = host;
host.fileExists = (path) => modules.has(path) || fileExists(path);
host.getSourceFile = (path, ...how) => {
  const text = modules.get(path);
  return text === undefined
    ? getSourceFile(path, ...how)
    : ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
};
const program = (files: string[], before?: ts.Program) => ts.createProgram(files, options, host, before);

interface Export {
  name: string;
  specifier: string;
  words: string;
  example: string | null;
}

/** Each once, where it is first exported. */
function exportsOf(surface: ts.Program): Export[] {
  const checker = surface.getTypeChecker();
  const seen = new Set<ts.Symbol>();
  return entries.flatMap(({ specifier, file }) => {
    const source = surface.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is no module`);
    return checker.getExportsOfModule(module).flatMap((exported): Export[] => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (seen.has(symbol)) return [];
      seen.add(symbol);
      const tag = symbol.getJsDocTags(checker).find(({ name }) => name === 'example');
      const fenced = /```ts\n([\s\S]*)```/.exec(ts.displayPartsToString(tag?.text));
      const words = ts.displayPartsToString(symbol.getDocumentationComment(checker));
      return [{ name: exported.name, specifier, words, example: fenced?.[1] ?? null }];
    });
  });
}

/** By name, in a module. */
function namesOf(file: string): string[] {
  const checker = surface.getTypeChecker();
  const source = surface.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  return module ? checker.getExportsOfModule(module).map(({ name }) => name) : [];
}

const surface = program([...entries.map(({ file }) => file), cast]);
const all = exportsOf(surface);

test('the exports were found', () => {
  expect(new Set(all.map(({ specifier }) => specifier)).size).toBe(entries.length);
  expect(all.length).toBeGreaterThan(80);
});

test('each says what it is for, and has an example', () => {
  expect(all.filter(({ words }) => words.trim() === '').map(({ name }) => name)).toEqual([]);
  expect(all.filter(({ example }) => example === null).map(({ name }) => name)).toEqual([]);
});

test('an example shows what it is the example of', () => {
  const without = all.filter(({ name, example }) => !new RegExp(`\\b${name}\\b`).test(example ?? ''));
  expect(without.map(({ name }) => name)).toEqual([]);
});

/** What of an entry, or of the cast, an example names. */
function moduleOf(example: string): string {
  const named = (name: string) => new RegExp(`\\b${name}\\b`).test(example);
  const taken = new Set<string>();
  const imports = [...entries, { specifier: './cast.ts', file: cast }].map(({ specifier, file }) => {
    const names = namesOf(file).filter((name) => named(name) && !taken.has(name));
    for (const name of names) taken.add(name);
    return `import { ${names.join(', ')} } from '${specifier}';`;
  });
  return [...imports, example, 'export {};'].join('\n');
}

test('each example compiles', () => {
  for (const [index, { example }] of all.entries()) modules.set(`${place}${index}.ts`, moduleOf(example ?? ''));
  const examples = program([...modules.keys()], surface);
  const faults = all.flatMap(({ name }, index) => {
    const source = examples.getSourceFile(`${place}${index}.ts`);
    const found = [...examples.getSyntacticDiagnostics(source), ...examples.getSemanticDiagnostics(source)];
    return found.map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  });
  expect(faults).toEqual([]);
}, 240_000);
