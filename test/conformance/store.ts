/** What every {@link ObjectStore} must do. A new one is proven by calling this with a factory. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '#contracts/failures.ts';
import type { ObjectStore } from '#ports/store.ts';

/** `open` gives a store of an empty place of its own for each call. */
export function storeConformance(name: string, open: () => Promise<ObjectStore>): void {
  describe(`${name} is an object store`, () => {
    let store: ObjectStore;
    let folder: string;
    beforeAll(async () => {
      store = await open();
      folder = mkdtempSync(join(tmpdir(), 'ratchet-store-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('gives back what was put, byte for byte', async () => {
      const bytes = randomBytes(70_000);
      await store.put('a/b', bytes);
      expect(Buffer.from((await store.get('a/b')) ?? '').equals(bytes)).toBe(true);
      expect(await store.head('a/b')).toEqual({ bytes: 70_000 });
    });

    it('gives a part of what was put, as long as there is one', async () => {
      const bytes = randomBytes(1_000);
      await store.put('parts', bytes);
      const part = async (from: number, length: number) => Buffer.from((await store.part('parts', from, length)) ?? '');
      expect((await part(0, 10)).equals(bytes.subarray(0, 10))).toBe(true);
      expect((await part(990, 100)).equals(bytes.subarray(990))).toBe(true);
      expect(await store.part('parts', 1_000, 1)).toBeNull();
      expect(await store.part('no/such', 0, 1)).toBeNull();
      await expect(store.part('parts', 0, 1, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    });

    it('keeps text as UTF-8, and an empty object is not a missing one', async () => {
      await store.put('text', 'größer ≥ 3', 'text/plain');
      await store.put('empty', '');
      expect(new TextDecoder().decode((await store.get('text')) ?? new Uint8Array())).toBe('größer ≥ 3');
      expect(await store.get('empty')).toEqual(new Uint8Array());
      expect(await store.head('empty')).toEqual({ bytes: 0 });
    });

    it('answers null for what is not there', async () => {
      expect(await store.get('no/such')).toBeNull();
      expect(await store.head('no/such')).toBeNull();
      await store.put('folder/inside', 'x');
      expect(await store.get('folder')).toBeNull();
      expect(await store.head('folder')).toBeNull();
    });

    it('deletes, also what is not there', async () => {
      await store.put('gone', 'x');
      await store.delete('gone');
      await store.delete('gone');
      expect(await store.get('gone')).toBeNull();
    });

    it('copies within itself, and says when there is nothing to copy', async () => {
      await store.put('from/größe & 1 %', 'bytes');
      expect(await store.copy('from/größe & 1 %', 'to/here')).toBe(true);
      expect(new TextDecoder().decode((await store.get('to/here')) ?? new Uint8Array())).toBe('bytes');
      expect(await store.head('from/größe & 1 %')).toEqual({ bytes: 5 });
      expect(await store.copy('no/such', 'to/there')).toBe(false);
      expect(await store.head('to/there')).toBeNull();
    });

    it('puts the same key many times at once without mixing', async () => {
      const bodies = Array.from({ length: 8 }, (_, i) => String(i).repeat(5_000));
      await Promise.all(bodies.map((body) => store.put('contested', body)));
      expect(bodies).toContain(new TextDecoder().decode((await store.get('contested')) ?? new Uint8Array()));
    });

    it('streams a file up and down, also one of several parts', async () => {
      const bytes = randomBytes(40 * 1024 * 1024);
      const up = join(folder, 'up.bin');
      writeFileSync(up, bytes);
      await store.upload(up, 'files/md5/aa/large');
      expect(await store.head('files/md5/aa/large')).toEqual({ bytes: bytes.length });
      const down = join(folder, 'new/folder/down.bin');
      await store.download('files/md5/aa/large', down);
      const digest = (data: Uint8Array) => createHash('md5').update(data).digest('hex');
      expect(digest(readFileSync(down))).toBe(digest(bytes));
      expect(readdirSync(join(folder, 'new/folder'))).toEqual(['down.bin']);
    });

    it('leaves no file behind when a download fails or is cancelled', async () => {
      const target = join(folder, 'never');
      await expect(store.download('no/such', target)).rejects.toMatchObject({ type: 'OutsideRefused' });
      const stop = new AbortController();
      const running = store.download('files/md5/aa/large', target, stop.signal);
      stop.abort(new Error('cancelled by the test'));
      await expect(running).rejects.toThrow('cancelled by the test');
      expect(existsSync(target)).toBe(false);
      expect(readdirSync(folder).filter((file) => file.endsWith('.part'))).toEqual([]);
    });

    it('lists what is under a prefix, page after page, with sizes', async () => {
      const wanted = Array.from({ length: 1_100 }, (_, i) => `list/${String(i).padStart(4, '0')}`);
      for (let i = 0; i < wanted.length; i += 50)
        await Promise.all(wanted.slice(i, i + 50).map((key) => store.put(key, key)));
      const written = Date.now();
      const found: string[] = [];
      for await (const item of store.list('list/')) {
        expect(item.bytes).toBe(9);
        // A date of today, whatever the difference of the two clocks.
        expect(item.modified.toISOString() > new Date(written - 3_600_000).toISOString()).toBe(true);
        found.push(item.key);
      }
      expect(found.sort()).toEqual(wanted);
    });

    it('takes keys of every sort that names make', async () => {
      const keys = ['with space', 'plus+and%25', 'ümlaut/日本', "q'uote", 'a=b&c', 'records/run/p/t/r2.json'];
      for (const key of keys) await store.put(`odd/${key}`, key);
      for (const key of keys)
        expect(new TextDecoder().decode((await store.get(`odd/${key}`)) ?? new Uint8Array())).toBe(key);
      const listed: string[] = [];
      for await (const item of store.list('odd/')) listed.push(item.key);
      expect(listed.sort()).toEqual(keys.map((key) => `odd/${key}`).sort());
    });

    it('turns keys into URIs and back, and refuses those of others', () => {
      expect(store.key(store.uri('a/b'))).toBe('a/b');
      expect(() => store.key('s3://somebody-else/a/b')).toThrow(UserError);
      for (const key of ['', '/a', 'a//b', '../a', 'a/../b', 'a/.', 'a\\b', 'a\nb', 'x'.repeat(2_000)])
        expect(() => store.uri(key), key.slice(0, 20)).toThrow(UserError);
    });

    it('gives a link that any browser opens, or says that it has none', async () => {
      await store.put('report.html', '<p>verdict</p>', 'text/html');
      const link = await store.link('report.html', 60);
      if (link === null) return;
      const answer = await fetch(link);
      expect(answer.headers.get('content-type')).toContain('text/html');
      expect(await answer.text()).toBe('<p>verdict</p>');
    });
  });
}
