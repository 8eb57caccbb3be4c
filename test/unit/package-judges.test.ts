/** That those who judge the package can say no; what they say of the real one is `npm run check`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { apiReports } from '../../ops/package/api-report.ts';
import { faultsOf } from '../../ops/package/judge.ts';

/** Below the clone, whose node_modules hold Node's types. */
const place = new URL('../../.ratchet/', import.meta.url).pathname;
mkdirSync(place, { recursive: true });
const folder = mkdtempSync(join(place, 'package-judges-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const right = {
  'package.json': JSON.stringify({
    ...{ name: 'weights', version: '1.0.0', type: 'module', license: 'Apache-2.0' },
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
  }),
  'index.js': 'export const heavier = (a, b) => a > b;\n',
  'index.d.ts': `interface Weight { grams: number }\nexport declare function heavier(a: Weight, b: Weight): boolean;\n`,
};

/** Of a package that has these files in place of the right ones; null for none. */
function written(name: string, changed: { [path: string]: string | null } = {}): string {
  const built = join(folder, name);
  mkdirSync(built);
  for (const [path, text] of Object.entries({ ...right, ...changed }))
    if (text !== null) writeFileSync(join(built, path), text);
  return built;
}

function faults(name: string, changed: { [path: string]: string | null } = {}): Promise<string[]> {
  const built = written(name, changed);
  const packed = execFileSync('npm', ['pack', built, '--pack-destination', built, '--silent'], { encoding: 'utf8' });
  return faultsOf(new Uint8Array(readFileSync(join(built, packed.trim()))));
}

const report = (name: string, changed: { [path: string]: string | null } = {}): string | undefined =>
  apiReports(written(name, changed), join(folder, `${name}-api`)).get('index');

test('a package that is as it should be has no fault', async () => {
  expect(await faults('right')).toEqual([]);
});

test('code or types that are named and not there are faults', async () => {
  expect((await faults('no-code', { 'index.js': null })).join('\n')).toMatch(/publint: .*index\.js/);
  expect((await faults('no-types', { 'index.d.ts': null })).join('\n')).toMatch(/publint: .*index\.d\.ts(.|\n)*attw: /);
});

test('types that speak of another kind of module than the code is are a fault', async () => {
  const wrong = await faults('default', { 'index.js': 'module.exports = { heavier: (a, b) => a > b };\n' });
  expect(wrong.join('\n')).toMatch(/publint|attw/);
});

test('a report shows what an entry offers, and what that is made of', () => {
  const text = report('reported');
  expect(text).toContain('export function heavier(a: Weight, b: Weight): boolean;');
  expect(text).toContain('grams: number');
  expect(report('unchanged')).toBe(text);
  // Code alone is no surface; a type that is mentioned and not exported is one.
  expect(report('other-code', { 'index.js': 'export const heavier = (a, b) => b < a;\n' })).toBe(text);
  const other = right['index.d.ts'].replace('grams', 'kilograms');
  expect(report('other-type', { 'index.d.ts': other })).toContain('kilograms: number');
});
