/** No test passes or fails by the clock on the wall: it compares with a control, counts, or is a bench. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, it } from 'vitest';

const clock = String.raw`(?:performance\.now\(\)|Date\.now\(\)|process\.hrtime[\w.]*\([^)]*\)|monitorEventLoopDelay)`;

/** Lines of a source where something that was timed is asserted: `line: text`. */
function timedAssertions(source: string): string[] {
  const timed = [
    // A difference of two readings of a clock, and what is read of a meter.
    ...source.matchAll(new RegExp(String.raw`(?:const|let) (\w+) = [^;\n]*${clock}[^;\n]* - `, 'g')),
    ...source.matchAll(new RegExp(String.raw`(?:const|let) (\w+) = [^;\n]* - [^;\n]*${clock}`, 'g')),
    ...source.matchAll(/(?:const|let) (\w+) = monitorEventLoopDelay\(/g),
  ].map(([, name]) => name);
  const asserted = [new RegExp(String.raw`${clock}[^;]*-|-[^;]*${clock}`)];
  if (timed.length > 0) asserted.push(new RegExp(String.raw`\b(?:${timed.join('|')})\b`));
  return source.split('\n').flatMap((line, index) => {
    const subject = /\bexpect(?:\.soft|\.poll)?\((.*)\)(?:\.not)?\.to[A-Z]\w*\(.*/.exec(line)?.[1];
    return subject !== undefined && asserted.some((pattern) => pattern.test(subject))
      ? [`${index + 1}: ${line.trim()}`]
      : [];
  });
}

it('sees an assertion on time that passed', () => {
  const violations = [
    'const from = performance.now();\nexpect(performance.now() - from).toBeLessThan(100);',
    'const at = Date.now();\nconst took = Date.now() - at;\nexpect(took).toBeLessThan(100);',
    'const delay = monitorEventLoopDelay({});\nexpect(delay.percentile(99)).toBeLessThan(50e6);',
  ];
  for (const violation of violations) expect(timedAssertions(violation)).toHaveLength(1);
  expect(timedAssertions('const at = Date.now();\nexpect(found).toEqual({ at });')).toEqual([]);
});

it('finds none in the tests', () => {
  const root = join(import.meta.dirname, '..');
  const files = globSync(['**/*.test.ts', 'conformance/**/*.ts', 'fixtures/**/*.ts'], { cwd: root });
  expect(files.length).toBeGreaterThan(100);
  const found = files
    .filter((file) => file !== 'unit/no-wall-time.test.ts')
    .flatMap((file) => timedAssertions(readFileSync(join(root, file), 'utf8')).map((line) => `${file}:${line}`));
  expect(found).toEqual([]);
});
