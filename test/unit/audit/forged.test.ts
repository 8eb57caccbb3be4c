/** Packs that somebody signed who should not have, or that say what no pack says. */
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '#contracts/json.ts';
import { seal } from '#records/audit/dsse.ts';
import { chained } from '#records/audit/events.ts';
import { type PackContents, sha256, statementText } from '#records/audit/statement.ts';
import { verifyFolder } from '#records/audit/verify.ts';
import { type AuditPacks, auditPacks, trusted } from '../../fixtures/audit-packs.ts';
import { drawnKey } from '../../fixtures/signing-keys.ts';

const VERSIONS = 7;
let packs: AuditPacks;
beforeAll(async () => {
  packs = await auditPacks(VERSIONS);
});
afterAll(() => packs?.close());

describe('a forged pack', () => {
  const other = generateKeyPairSync('ed25519').privateKey;
  const lines = (folder: string) => readFileSync(join(folder, 'events.jsonl'), 'utf8').trim().split('\n');

  it('that somebody else signed anew is whole, and not who is trusted signed it', async () => {
    const folder = packs.copy();
    writeFileSync(join(folder, 'approvals.json'), '{"approvals":[],"escalations":[]}\n');
    packs.forge(folder, other);
    expect(await verifyFolder(folder)).toMatchObject({ verified: true, signer: { trusted: null } });
    const { verified, problems } = await verifyFolder(folder, trusted);
    expect(verified).toBe(false);
    expect(problems).toEqual([
      {
        file: 'pack.dsse.json',
        problem: expect.stringMatching(/^it is signed with the key [0-9a-f]{64}, not with the one that you trust, /),
      },
    ]);
  });

  it('whose last events were removed says so, whoever signs what is left', async () => {
    const folder = packs.copy();
    const kept = lines(folder).slice(0, -2);
    writeFileSync(join(folder, 'events.jsonl'), `${kept.join('\n')}\n`);
    expect((await verifyFolder(folder)).problems).toEqual([
      {
        file: 'events.jsonl',
        problem: expect.stringMatching(
          /cut off or changed; its chain ends with event 8 of 10: the last 2 were removed$/,
        ),
      },
    ]);
    packs.forge(folder);
    expect((await verifyFolder(folder)).problems).toEqual([
      { file: 'events.jsonl', problem: 'its chain ends with event 8 of 10: the last 2 were removed' },
    ]);
  });

  it('whose chain was changed, lacks one in the middle, or was made anew', async () => {
    const of = async (change: (lines: string[]) => string[]) => {
      const folder = packs.copy();
      writeFileSync(join(folder, 'events.jsonl'), `${change(lines(folder)).join('\n')}\n`);
      packs.forge(folder);
      return (await verifyFolder(folder)).problems.map(({ problem }) => problem);
    };
    expect(await of((all) => all.map((line) => line.replace('"by":"bob"', '"by":"eve"')))).toEqual([
      'event 7 does not follow event 6: one of the two was changed',
    ]);
    expect(await of((all) => all.toSpliced(3, 1))).toEqual([
      'event 4 says that it is number 5: one was added or left out',
    ]);
    expect(await of(() => chained([]).text.split('\n'))).toEqual(['event 1 cannot be read']);
  });

  it('whose parts are not of each other', async () => {
    const of = async (name: string, from: number) => {
      const folder = packs.copy();
      cpSync(join(packs.folder(from), name), join(folder, name));
      packs.forge(folder);
      return (await verifyFolder(folder)).problems;
    };
    expect(await of('evidence.json', 6)).toMatchObject([
      {
        file: 'evidence.json',
        problem: expect.stringMatching(/^it is not the evidence that the verdict was given on/),
      },
      { file: 'evidence.json', problem: expect.stringMatching(/^it was measured of another model/) },
    ]);
    expect(await of('verdict.json', 6)).toMatchObject([{ file: 'evidence.json' }]);
    const folder = packs.copy();
    writeFileSync(
      join(folder, 'verdict.json'),
      readFileSync(join(folder, 'verdict.json'), 'utf8').replace('needs-approval', 'passed'),
    );
    packs.forge(folder);
    expect((await verifyFolder(folder)).problems).toMatchObject([
      { file: 'verdict.json', problem: expect.stringContaining('is not that of what it says') },
    ]);
  });

  it.each<[string, (contents: PackContents) => object, RegExp]>([
    [
      'leads out of its folder',
      (c) => ({ ...c, files: [...c.files, { name: '../../etc/passwd', sha256: sha256(''), bytes: 0 }] }),
      /files\.\d+\.name is "\.\.\/\.\.\/etc\/passwd": no name of a file in a pack/,
    ],
    [
      'names a path',
      (c) => ({ ...c, files: [{ name: '/etc/passwd', sha256: sha256(''), bytes: 0 }] }),
      /no name of a file/,
    ],
    [
      'names the envelope',
      (c) => ({ ...c, files: [{ name: 'pack.dsse.json', sha256: sha256(''), bytes: 0 }] }),
      /no name of a file|does not list itself/,
    ],
    ['lists a file twice', (c) => ({ ...c, files: [...c.files, c.files[0]] }), /lists a file twice/],
    [
      'claims ten gigabytes',
      (c) => ({ ...c, files: [{ name: 'run.json', sha256: sha256(''), bytes: 10 * 2 ** 30 }] }),
      /bytes is 10737418240: a file of a pack has at most 67108864 bytes/,
    ],
    [
      'has a thousand files',
      (c) => ({
        ...c,
        files: Array.from({ length: 1_000 }, (_, n) => ({ name: `f${n}`, sha256: sha256(''), bytes: 0 })),
      }),
      /files/,
    ],
    ['says more than this version knows', (c) => ({ ...c, more: true }), /Unrecognized/],
  ])('that %s is refused before a file is read', async (_, change, words) => {
    const folder = packs.copy();
    packs.forge(folder, drawnKey(), change);
    const { verified, problems } = await verifyFolder(folder);
    expect([verified, problems.map(({ file }) => file)]).toEqual([false, ['pack.dsse.json']]);
    expect(problems[0]?.problem).toMatch(words);
  });

  it('whose subjects are others than its files, or which is another’s statement', async () => {
    const folder = packs.copy();
    const text = statementText(packs.pack(5).contents);
    const signed = async (payload: string) => {
      writeFileSync(join(folder, 'pack.dsse.json'), seal(payload, drawnKey()));
      return (await verifyFolder(folder)).problems.map(({ problem }) => problem).join();
    };
    const { subject, ...rest } = JSON.parse(text);
    expect(await signed(canonicalJson({ ...rest, subject: subject.slice(1) }))).toMatch(/says two things/);
    expect(await signed(`${text} `)).toMatch(/says two things/);
    expect(await signed(canonicalJson({ ...rest, subject, predicateType: 'https://slsa.dev/provenance/v1' }))).toMatch(
      /predicateType is "https:\/\/slsa/,
    );
    expect(await signed('no JSON')).toMatch(/no JSON/);
  });

  it('with a huge file is refused by its size: nothing of it is read', async () => {
    const folder = packs.copy();
    // Sparse: ten gigabytes that take no disk. Reading them would take minutes and more memory than there is.
    for (const name of ['run.json', 'pack.dsse.json']) {
      const whole = readFileSync(join(folder, name));
      truncateSync(join(folder, name), 10 * 2 ** 30);
      const before = process.memoryUsage().rss;
      expect((await verifyFolder(folder)).problems).toMatchObject([
        { file: name, problem: expect.stringContaining('10737418240 bytes') },
      ]);
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
      writeFileSync(join(folder, name), whole);
    }
  });
});
