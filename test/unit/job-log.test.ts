/** Reading the bounded log from its files alone. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLog } from '#adapters/process/job/log.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-log-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));
const segment = (offset: number, text: string) =>
  writeFile(join(folder, `log.${String(offset).padStart(16, '0')}`), text);

describe('the log of a job', () => {
  it('is empty before the first line', async () => {
    expect(await readLog(folder, 100)).toEqual({ text: '', bytes: 0, dropped: 0 });
    expect(await readLog(join(folder, 'nowhere'), 100)).toEqual({ text: '', bytes: 0, dropped: 0 });
  });

  it('joins segments that follow each other', async () => {
    await segment(0, 'one ');
    await segment(4, 'two ');
    await segment(8, 'three');
    expect(await readLog(folder, 100)).toEqual({ text: 'one two three', bytes: 13, dropped: 0 });
  });

  it('says how much is missing where it is missing', async () => {
    await segment(0, 'head');
    await segment(1004, 'tail');
    const { text, bytes, dropped } = await readLog(folder, 100);
    expect(text).toBe('head\n[… 1000 bytes of the log were dropped here …]\ntail');
    expect({ bytes, dropped }).toEqual({ bytes: 1008, dropped: 1000 });
  });

  it('gives the end when less is asked, and does not speak of gaps before it', async () => {
    await segment(0, 'head');
    await segment(1004, 'the tail');
    expect((await readLog(folder, 4)).text).toBe('tail');
  });

  it('survives a character that was cut in two', async () => {
    await writeFile(join(folder, 'log.0000000000000000'), Buffer.from('né', 'utf8').subarray(0, 2));
    expect((await readLog(folder, 10)).text).toBe('n\uFFFD');
  });
});
