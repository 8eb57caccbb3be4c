/** What is in the packs of twenty versions, and that they verify with nothing at hand but themselves. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeKey } from '#contracts/names.ts';
import { writePackFolder } from '#records/audit/folder.ts';
import { type KeptPack, keepPack } from '#records/audit/keep-pack.ts';
import { verifyFolder } from '#records/audit/verify.ts';
import { type AuditPacks, auditPacks, trusted } from '../../fixtures/audit-packs.ts';
import { drawnKey } from '../../fixtures/signing-keys.ts';

const VERSIONS = 20;
let packs: AuditPacks;
beforeAll(async () => {
  packs = await auditPacks(VERSIONS);
});
afterAll(() => packs?.close());

describe('a pack', () => {
  it('has what made the version, why, who let it in and what became of it, each bound to the one before', async () => {
    const { contents, files } = packs.pack(5);
    expect(contents).toMatchObject({
      model: 'flights',
      version: '5',
      missing: [],
      modelDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect([...files.keys()].sort()).toEqual([
      'approvals.json',
      'events.jsonl',
      'evidence.json',
      'lineage.json',
      'measured-1.json',
      'moves.json',
      'pack.dsse.json',
      'public-key.pem',
      'readme.txt',
      'run.json',
      'trigger.json',
      'verdict.json',
      'version.json',
    ]);
    const json = (name: string) => JSON.parse(String(files.get(name)));
    expect(json('trigger.json')).toMatchObject({
      decision: { number: 5, outcome: 'run' },
      told: [{ id: 'look-5' }],
      notFound: [],
    });
    expect(json('measured-1.json')).toMatchObject({ result: { measured: 5 } });
    expect(json('verdict.json')).toMatchObject({
      rules: { metric: 'roc_auc' },
      verdict: { outcome: 'needs-approval' },
    });
    expect(json('lineage.json')).toMatchObject({
      data: { trainedOn: 'md5:rows', made: { 'featurize.train': { digest: 'md5:aa' } } },
      environment: 'sha256:lock',
    });
    expect(json('moves.json')).toMatchObject([
      { epoch: 5, to: '5' },
      { epoch: 6, from: '5' },
    ]);
    const events = String(files.get('events.jsonl'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ kind }) => kind)).toEqual([
      'triggered',
      'started',
      'trained',
      'judged',
      'escalated',
      'approved',
      'registered',
      'promoted',
      'ended',
      'demoted',
    ]);
    const { holds } = await verifyFolder(packs.folder(5));
    expect(holds.join('\n')).toMatch(
      /verdict is the one[\s\S]*evidence\.json is what[\s\S]*measured of the model[\s\S]*bob approved this verdict[\s\S]*move 5 made this model champion/,
    );
    const last = String(packs.pack(20).files.get('events.jsonl'));
    expect(last).toMatch(/"kind":"rolled-back-from"/);
    expect(String(packs.pack(19).files.get('events.jsonl'))).toMatch(/"kind":"rolled-back-to"/);
  });

  it('of each of twenty versions verifies; that the signer is known takes a key from elsewhere', async () => {
    for (let n = 1; n <= VERSIONS; n++) {
      expect(await verifyFolder(packs.folder(n))).toMatchObject({
        verified: true,
        problems: [],
        signer: { trusted: null },
      });
      expect(await verifyFolder(packs.folder(n), trusted)).toMatchObject({ verified: true, signer: { trusted: true } });
    }
  });

  it('is the same, byte for byte, when it is written again, and is not written twice', async () => {
    const again = await keepPack(packs.world.sources, { model: packs.world.model, version: '5' }, drawnKey);
    expect(again).toMatchObject({ already: true, key: packs.pack(5).key });
    await writePackFolder(packs.folder(5), (again as KeptPack).files);
    await expect(writePackFolder(packs.folder(6), (again as KeptPack).files)).rejects.toThrow(
      /another pack.*nothing is written over/,
    );
  });

  it('of which the store lost or changed something is written again', async () => {
    const target = { model: packs.world.model, version: '7' };
    const { store } = packs.world;
    const file = (name: string) => packs.pack(7).contents.files.find((each) => each.name === name)?.sha256;
    await store.put(storeKey.pack(target.model, '7', `files/${file('run.json')}`), '{}');
    await store.delete(storeKey.pack(target.model, '7', `files/${file('evidence.json')}`));
    expect(await keepPack(packs.world.sources, target, drawnKey)).toMatchObject({ already: false });
    expect(await keepPack(packs.world.sources, target, drawnKey)).toMatchObject({ already: true });
  });
});
