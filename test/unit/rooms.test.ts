/** The house stays one that is found through: no room outgrows what a person holds in the head, no family of files stands beside others by its prefix. */
import { readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const files = globSync(['**/*.{ts,py}'], {
  cwd: root,
  ignore: ['**/node_modules/**', '**/.*/**', 'dist/**', 'test/**', 'examples/**', 'docs/**', '*.ts'],
});

/** Folders that are a list of rooms: what lies in one of these folders is a room of its own. */
const LISTS = ['measures', 'activities', 'adapters', 'adapters/duckdb', 'cli', 'cli/verbs'];
const MOST_LINES = 6_000;
const LARGEST_FAMILY = 3;

/** The room of a file: its top-level folder, or the folder (or the list itself, for its own files) within a list. */
function roomOf(path: string): string {
  const parts = dirname(path).split('/');
  let room = parts[0] ?? '';
  for (const part of parts.slice(1)) {
    if (!LISTS.includes(room)) break;
    room = `${room}/${part}`;
  }
  return room;
}

const lines = (path: string) => readFileSync(join(root, path), 'utf8').split('\n').length - 1;

test(`no room has more than ${MOST_LINES} lines`, () => {
  const rooms = new Map<string, number>();
  for (const path of files) rooms.set(roomOf(path), (rooms.get(roomOf(path)) ?? 0) + lines(path));
  expect(rooms.size).toBeGreaterThan(30);
  expect([...rooms].filter(([, size]) => size > MOST_LINES)).toEqual([]);
});

test(`a family of more than ${LARGEST_FAMILY} files is a folder, not a prefix`, () => {
  const families = new Map<string, string[]>();
  for (const path of files) {
    const prefix = basename(path, extname(path)).split(/[-_]/)[0];
    const family = `${dirname(path)}/${prefix}`;
    families.set(family, [...(families.get(family) ?? []), path]);
  }
  expect([...families.values()].filter((family) => family.length > LARGEST_FAMILY)).toEqual([]);
});
