/**
 * No test passes or fails by the clock on the wall: it compares with a control, counts, or is a bench. The search is by
 * syntax: what is a difference of two readings of a clock, or is made from one, is neither expected nor compared.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import ts from 'typescript';
import { expect, it } from 'vitest';

const CLOCK = /\b(?:performance\.now\(\)|Date\.now\(\)|process\.hrtime\b|new Date\(\))/;
const METER = /\bmonitorEventLoopDelay\(/;
const COMPARISONS = new Set([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
]);

/** Places of a source where something that was timed is asserted: `line: text`. */
function timedAssertions(text: string): string[] {
  const source = ts.createSourceFile('test.ts', text, ts.ScriptTarget.Latest, true);
  /** Names of readings of a clock, and of what passed between two of them. */
  const readings = new Set<string>();
  const durations = new Set<string>();
  const uses = (node: ts.Node, names: ReadonlySet<string>): boolean =>
    ts.isIdentifier(node) ? names.has(node.text) : ts.forEachChild(node, (child) => uses(child, names)) === true;
  const isReading = (node: ts.Node) => CLOCK.test(node.getText(source)) || uses(node, readings);
  const isDuration = (node: ts.Node): boolean =>
    uses(node, durations) ||
    (ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.MinusToken &&
      isReading(node.left) &&
      isReading(node.right)) ||
    ts.forEachChild(node, (child) => isDuration(child)) === true;
  const found: string[] = [];
  const tell = (node: ts.Node) => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
    found.push(`${line + 1}: ${text.split('\n')[line]?.trim()}`);
  };
  const walk = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer && ts.isIdentifier(node.name)) {
      const { initializer, name } = node;
      // What a function measures inside is not what its name stands for.
      if (!ts.isArrowFunction(initializer) && !ts.isFunctionExpression(initializer)) {
        if (METER.test(initializer.getText(source)) || isDuration(initializer)) durations.add(name.text);
        else if (CLOCK.test(initializer.getText(source)) && !ts.isAwaitExpression(initializer)) readings.add(name.text);
      }
    }
    if (ts.isCallExpression(node) && /^expect(?:\.soft|\.poll)?$/.test(node.expression.getText(source))) {
      const [subject] = node.arguments;
      if (subject && isDuration(subject)) tell(node);
    }
    if (ts.isBinaryExpression(node) && COMPARISONS.has(node.operatorToken.kind))
      if (isDuration(node.left) || isDuration(node.right)) tell(node);
    ts.forEachChild(node, walk);
  };
  walk(source);
  return found;
}

it.each([
  ['at once', 'const from = performance.now();\nexpect(performance.now() - from).toBeLessThan(100);'],
  ['by a name', 'const at = Date.now();\nconst took = Date.now() - at;\nexpect(took).toBeLessThan(100);'],
  [
    'over lines',
    'const at = Date.now();\nconst took = Date.now() - at;\nexpect(\n  took,\n  "slow",\n).toBeLessThan(1);',
  ],
  ['as a rate', 'const at = Date.now();\nconst rate = 1000 / (Date.now() - at);\nexpect(rate).toBeGreaterThan(1);'],
  ['by two readings', 'const a = Date.now();\nconst b = Date.now();\nexpect(b - a).toBeLessThan(9);'],
  ['of a meter', 'const delay = monitorEventLoopDelay({});\nexpect(delay.percentile(99)).toBeLessThan(50e6);'],
  ['as a comparison', 'const at = Date.now();\nif (Date.now() - at > 5) problems.push("slow");'],
])('sees an assertion on time that passed, %s', (_, violation) => {
  expect(timedAssertions(violation)).toHaveLength(1);
});

it.each([
  ['a date', 'const at = Date.now();\nexpect(found).toEqual({ at });'],
  [
    'a limit that only ends what hangs',
    'const deadline = Date.now() + 9e4;\nif (Date.now() > deadline) throw new Error("never");',
  ],
  ['a figure for the log', 'const at = Date.now();\nconsole.info(Date.now() - at);'],
])('lets %s be', (_, text) => {
  expect(timedAssertions(text)).toEqual([]);
});

it('finds none in the tests, their worlds and their fixtures', () => {
  const root = join(import.meta.dirname, '..');
  const files = globSync('**/*.ts', { cwd: root, ignore: ['bench/**', 'simulate/**', 'import-rules/**'] });
  expect(files.length).toBeGreaterThan(200);
  const found = files.flatMap((file) =>
    timedAssertions(readFileSync(join(root, file), 'utf8')).map((line) => `${file}:${line}`),
  );
  expect(found).toEqual([]);
}, 120_000);
