/** Whatever is changed in a pack is found, and the file named. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyFolder } from '#records/audit/verify.ts';
import { type AuditPacks, auditPacks, trusted } from '../../fixtures/audit-packs.ts';

const VERSIONS = 20;
let packs: AuditPacks;
beforeAll(async () => {
  packs = await auditPacks(VERSIONS);
});
afterAll(() => packs?.close());

describe('whatever is changed is found, and the file named:', () => {
  it('each of 1,000 changes of one byte, anywhere in any of the packs', async () => {
    const names = [...packs.pack(1).files.keys()];
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: VERSIONS }),
        fc.constantFrom(...names),
        fc.nat(2 ** 30),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (n, name, place, by, pinned) => {
          const path = join(packs.folder(n), name);
          const whole = readFileSync(path);
          const changed = Buffer.from(whole);
          const at = place % whole.length;
          changed[at] = (changed[at] as number) ^ by;
          writeFileSync(path, changed);
          try {
            const { verified, problems } = await verifyFolder(packs.folder(n), pinned ? trusted : {});
            expect([verified, problems.map(({ file }) => file)]).toEqual([false, [name]]);
            seen.set(name, (seen.get(name) ?? 0) + 1);
          } finally {
            writeFileSync(path, whole);
          }
        },
      ),
      { numRuns: 1_000 },
    );
    expect(seen.size).toBe(names.length);
  });

  it('each byte of the key, and of the envelope every seventeenth', async () => {
    const folder = packs.copy();
    for (const [name, stride] of [
      ['public-key.pem', 1],
      ['pack.dsse.json', 17],
    ] as const) {
      const whole = readFileSync(join(folder, name));
      for (let at = 0; at < whole.length; at += stride)
        for (const by of [0x01, 0x20]) {
          const changed = Buffer.from(whole);
          changed[at] = (changed[at] as number) ^ by;
          writeFileSync(join(folder, name), changed);
          const { verified, problems } = await verifyFolder(folder);
          expect([at, verified, problems.map(({ file }) => file)]).toEqual([at, false, [name]]);
        }
      writeFileSync(join(folder, name), whole);
    }
  });

  it('a file that is cut off, longer, gone, added, a link, or a folder', async () => {
    const said = async (what: (folder: string) => void) => {
      const folder = packs.copy();
      what(folder);
      const { verified, problems } = await verifyFolder(folder);
      expect(verified).toBe(false);
      return problems.map(({ file, problem }) => `${file}: ${problem}`).join('\n');
    };
    for (const name of packs.pack(5).files.keys()) {
      expect(await said((folder) => truncateSync(join(folder, name), 10))).toMatch(
        new RegExp(`^${name}: .*(cut off|is no)`),
      );
      expect(await said((folder) => rmSync(join(folder, name)))).toMatch(new RegExp(`^${name}: it is missing`));
      const longer = await said((folder) =>
        writeFileSync(join(folder, name), Buffer.concat([readFileSync(join(folder, name)), Buffer.from('\n')])),
      );
      expect(longer).toMatch(new RegExp(`^${name}: .*(added|not spelled|no public|changed)`));
    }
    expect(await said((folder) => writeFileSync(join(folder, 'extra.json'), '{}'))).toBe(
      'extra.json: it was added: nothing signed it',
    );
    expect(await said((folder) => mkdirSync(join(folder, 'more')))).toBe('more: it was added: nothing signed it');
    expect(
      await said((folder) => {
        rmSync(join(folder, 'run.json'));
        symlinkSync(join(packs.folder(5), 'run.json'), join(folder, 'run.json'));
      }),
    ).toBe('run.json: it is a link or a folder, not a file');
  });

  it('files of two versions in each other’s place, and a pack in the place of another', async () => {
    const folder = packs.copy(5);
    for (const name of ['run.json', 'evidence.json']) cpSync(join(packs.folder(6), name), join(folder, name));
    const { problems } = await verifyFolder(folder);
    expect(problems.map(({ file }) => file)).toEqual(['evidence.json', 'run.json']);
    const swapped = await verifyFolder(packs.folder(6), { expect: { model: 'flights', version: '5' } });
    expect(swapped.problems).toEqual([
      { file: 'pack.dsse.json', problem: 'it is the pack of flights@6, not of flights@5' },
    ]);
  });
});
