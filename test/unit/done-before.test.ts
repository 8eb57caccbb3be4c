/** What a batch has done, as its next attempt finds it. */
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DoneBefore } from '#activities/dispatch/batch/done-before.ts';
import { jsonBytes } from '#contracts/json.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ratchet-done-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const one = (output: unknown) => ({ output: output as string, readAsOf: false });
const of = (id: string, beat?: unknown) => new DoneBefore(root, id, beat);

it('another attempt of the same activity knows what was added, one of another activity nothing', () => {
  const first = of('run/a');
  first.add('n1', one({ deep: ['x'] }));
  first.add('n2', { output: null, readAsOf: true });
  expect(of('run/a').get('n1')).toMatchObject(one({ deep: ['x'] }));
  expect(of('run/a').get('n2')).toMatchObject({ output: null, readAsOf: true });
  expect(of('run/a').get('n3')).toBeUndefined();
  expect(of('run/b').get('n1')).toBeUndefined();
  first.close();
});

it('a line that a death left half written is nothing, and spoils neither those before nor those after it', () => {
  of('run/a').add('n1', one(1));
  const folder = join(root, '.ratchet', 'batches');
  appendFileSync(join(folder, readdirSync(folder)[0] as string), '{"node":"n2","outp');
  const second = of('run/a');
  expect(second.get('n2')).toBeUndefined();
  second.add('n3', one(3));
  const third = of('run/a');
  expect([third.get('n1')?.output, third.get('n2'), third.get('n3')?.output]).toEqual([1, undefined, 3]);
});

it('a heartbeat carries what has room in it, and is read back whatever it is', () => {
  const first = of('run/a');
  for (let n = 0; n < 100; n++) first.add(`n${n}`, one('x'.repeat(1_000)));
  const beat = first.beat();
  expect(beat.done.length).toBeGreaterThan(50);
  expect(jsonBytes(beat)).toBeLessThan(70_000);
  const elsewhere = of('run/other', { text: 'a word', ...beat });
  expect(elsewhere.get('n0')?.output).toBe('x'.repeat(1_000));
  for (const odd of [null, 'text', { done: 7 }, { done: [{ node: 1 }] }])
    expect(of('run/c', odd).get('n0')).toBeUndefined();
});

it('a disk that takes nothing costs nothing but the work', () => {
  // A folder in which no file can be made: its parent is one.
  appendFileSync(join(root, '.ratchet'), '');
  const first = of('run/a');
  first.add('n1', one(1));
  expect(first.get('n1')?.output).toBe(1);
  expect(of('run/a').get('n1')).toBeUndefined();
  first.close();
});
