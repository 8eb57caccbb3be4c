import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/security.md`, 'utf8');
/** Rows of the table below a heading, as cells. */
const rows = (heading: string) =>
  (page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

it('names a test for each claim, and each is there', () => {
  const claims = rows('What is defended');
  expect(claims.length).toBeGreaterThan(10);
  for (const [claim = '', how = '', tests = ''] of claims) {
    expect(how, claim).not.toBe('');
    const named = [...tests.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
    expect(named.length, claim).toBeGreaterThan(0);
    for (const path of named) {
      expect(path).toMatch(/^test\/.+\.test\.ts$/);
      expect(existsSync(root + path), path).toBe(true);
    }
  }
});
