/** `ratchet model audit … --verify` on a folder, and the lines of a pack's readme: with no server, no project, nothing of ours but the command. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byHand } from '#records/audit/how-to-verify.ts';
import { publicPem } from '#records/audit/signing-key.ts';
import { type AuditPacks, auditPacks } from '../../fixtures/audit-packs.ts';
import { drawnKey } from '../../fixtures/signing-keys.ts';
import { runVerb } from '../../fixtures/verbs.ts';

let packs: AuditPacks;
const scratch = mkdtempSync(join(tmpdir(), 'ratchet-audit-command-'));
beforeAll(async () => {
  packs = await auditPacks(7);
});
afterAll(() => {
  packs?.close();
  rmSync(scratch, { recursive: true, force: true });
});
const audit = (...args: string[]) => runVerb('model', 'audit', ...args);
const changed = () => {
  const folder = packs.copy();
  const path = join(folder, 'evidence.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('0.7', '0.9'));
  return folder;
};

describe('ratchet model audit --verify', () => {
  it('says what is proven and what is not, and exits with 0', async () => {
    const { code, stdout } = await audit(packs.folder(5), '--verify');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /✓ verified(.*) flights@5\n {2}model {3}sha256:[0-9a-f]{64}\n {2}pack {4}12 files and 10 events are as they were signed/,
    );
    expect(stdout).toMatch(/this shows that nothing was changed since, not who signed/);
    expect(stdout).toMatch(/- bob approved this verdict at 2026-/);
    const key = join(scratch, 'trusted.pem');
    writeFileSync(key, publicPem(drawnKey()));
    const pinned = await audit(packs.folder(5), '--verify', '--key', key, '--json');
    expect([pinned.code, JSON.parse(pinned.stdout)]).toMatchObject([
      0,
      {
        verified: true,
        problems: [],
        model: 'flights',
        version: '5',
        signer: { trusted: true },
        events: { count: 10 },
      },
    ]);
  });

  it('names the file that is not what was signed, and exits with 3', async () => {
    const folder = changed();
    const { code, stdout } = await audit(folder, '--verify');
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /✗ not verified.*\n {2}evidence\.json: it was changed: its SHA-256 is [0-9a-f]{64}, [0-9a-f]{64} was signed\n$/,
    );
    const json = await audit(folder, '--verify', '--json');
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([
      3,
      { verified: false, problems: [{ file: 'evidence.json' }] },
    ]);
  });

  it('refuses what is no question, with 2', async () => {
    const told = async (...args: string[]) => {
      const { code, stderr } = await audit(...args);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await told('nowhere', '--verify')).toMatch(
      /"nowhere" is neither NAME@NUMBER, such as flight-delays@5, nor the folder/,
    );
    expect(await told(join(packs.folder(5), 'run.json'), '--verify')).toMatch(
      /run\.json is a file: a pack is a folder/,
    );
    expect(await told('flights@five')).toMatch(/is neither NAME@NUMBER/);
    expect(await told('../x@5')).toMatch(/is neither NAME@NUMBER/);
    expect(await told(packs.folder(5), '--verify', '--out', 'x')).toMatch(/leave --out away/);
    expect(await told('flights@5', '--key', 'x')).toMatch(/add --verify/);
    expect(await told(packs.folder(5), '--verify', '--key', join(scratch, 'none'))).toMatch(
      /cannot be read \(ENOENT\)/,
    );
    const empty = mkdtempSync(join(scratch, 'empty-'));
    const { code, stdout } = await audit(empty, '--verify');
    expect([code, stdout]).toEqual([3, expect.stringContaining('pack.dsse.json: it is missing')]);
  });
});

describe('by hand, with openssl and sha256sum', () => {
  const shell = (cwd: string) =>
    promisify(execFile)('bash', ['-e', '-o', 'pipefail', '-c', byHand.replaceAll('/tmp/', `${scratch}/`)], { cwd });
  it('a pack is proven, and one that was changed is not', async () => {
    const { stdout } = await shell(packs.folder(5));
    expect(stdout).toContain('Signature Verified Successfully');
    expect(stdout.match(/: OK$/gm)).toHaveLength(12);
    await expect(shell(changed())).rejects.toMatchObject({ stdout: expect.stringMatching(/evidence\.json: FAILED/) });
    const envelope = packs.copy();
    const path = join(envelope, 'pack.dsse.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('eyJfdHlwZSI6', 'eyJfdHlwZSI7'));
    await expect(shell(envelope)).rejects.toThrow();
  });
  it('the lines are those of the readme in the pack and of docs/audit.md', () => {
    expect(String(packs.pack(5).files.get('readme.txt'))).toContain(byHand);
    expect(readFileSync(new URL('../../../docs/audit.md', import.meta.url), 'utf8')).toContain(byHand);
  });
});
