/** `ratchet model audit`: writes the pack of a version, or proves one. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { writePackFolder } from '#records/audit/folder.ts';
import { keepPack } from '#records/audit/keep-pack.ts';
import { signingKey, trustedKey } from '#records/audit/signing-key.ts';
import { filesOf, newestPack } from '#records/audit/stored-packs.ts';
import { type Verification, verifyFolder } from '#records/audit/verify.ts';
import pc from '../../kit/color.ts';
import { exitCode } from '../../kit/exit-codes.ts';
import { createOutput, type Output } from '../../kit/output.ts';
import { type Session, withSession } from '../../kit/session.ts';
import { namedVersion } from './named-version.ts';

export interface AuditOptions {
  out?: string;
  verify?: boolean;
  key?: string;
  json?: boolean;
}
interface Named {
  model: string;
  version: string;
}

export async function auditPack(
  text: string,
  { out: folder, verify = false, key, json = false }: AuditOptions,
): Promise<void> {
  const out = createOutput(json);
  if (verify && folder !== undefined) throw wrong('--verify writes nothing: leave --out away.');
  if (!verify && key !== undefined) throw wrong('--key is the key that a pack is verified with: add --verify.');
  if (!verify) return write(out, namedVersion(text, 'the folder of a pack'), folder);
  const trusted = key === undefined ? null : trustedKey(key);
  const place = await stat(text).catch(() => null);
  if (place?.isDirectory()) return tell(out, text, await verifyFolder(text, { trusted }));
  if (place) throw wrong(`${text} is a file: a pack is a folder, and its folder is what is verified.`);
  const expect = namedVersion(text, 'the folder of a pack');
  const scratch = await mkdtemp(join(tmpdir(), 'ratchet-audit-'));
  try {
    const copy = join(scratch, 'pack');
    await withSession(async (session) => writePackFolder(copy, await storedFiles(session, expect)));
    tell(out, text, await verifyFolder(copy, { trusted, expect }));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function write(out: Output, { model, version }: Named, folder = `audit-${model}-${version}`): Promise<void> {
  await withSession(async (session) => {
    const { store, tracking, root } = session;
    const kept = await keepPack({ store, registry: tracking }, { model, version }, () => signingKey(root));
    if (kept === null) {
      // Deleted there: what was written of it while it lived is all that can be.
      const files = await storedFiles(session, { model, version });
      await writePackFolder(folder, files);
      out.object({ model, version, folder, deleted: true, files: [...files.keys()] });
      out.print(`MLflow has no version ${version} of ${model} any more: ${folder} is its pack as it was written last.`);
      return;
    }
    const { contents, files, key, already, waitsFor } = kept;
    await writePackFolder(folder, files);
    const { modelDigest, events, missing } = contents;
    out.object({
      model,
      version,
      modelDigest,
      folder,
      stored: store.uri(key),
      already,
      waitsFor,
      events,
      files: contents.files,
      missing,
    });
    out.print(`Audit pack of ${model}@${version}: ${files.size} files, ${events.count} events`);
    out.print(`  ${folder}\n  ${store.uri(key)}`);
    if (missing.length > 0) out.print(lacking(missing));
    out.print(`\nProve it anywhere: ratchet model audit ${folder} --verify`);
  });
}

async function storedFiles({ store }: Session, { model, version }: Named): Promise<Map<string, Buffer>> {
  const stored = await newestPack(store, model, version);
  if (stored) return filesOf(store, stored);
  throw wrong(
    `The store has no audit pack of ${model}@${version}. \`ratchet model audit ${model}@${version}\` writes one, if MLflow has that version.`,
  );
}

function tell(out: Output, what: string, verification: Verification): void {
  const { verified, problems, contents, signer, holds } = verification;
  process.exitCode = verified ? exitCode.ok : exitCode.refused;
  const of = contents && { model: contents.model, version: contents.version, modelDigest: contents.modelDigest };
  out.object({
    ...{ verified, problems, signer, holds },
    ...of,
    events: contents?.events ?? null,
    missing: contents?.missing ?? [],
  });
  if (!verified || !contents || !signer) {
    out.print(`${pc.red('✗ not verified')}  ${what}`);
    out.print(problems.map(({ file, problem }) => `  ${file}: ${problem}`).join('\n'));
    return;
  }
  out.print(`${pc.green('✓ verified')}  ${contents.model}@${contents.version}`);
  out.print(`  model   ${contents.modelDigest === null ? 'not known' : `sha256:${contents.modelDigest}`}`);
  out.print(`  pack    ${contents.files.length} files and ${contents.events.count} events are as they were signed`);
  out.print(
    signer.trusted
      ? `  signer  the key that you trust, ${signer.keyid}`
      : `  signer  key ${signer.keyid}, which is in the pack itself: this shows that nothing was changed since, not who signed.\n          Ask its owner for the public key by another way, and name it with --key.`,
  );
  for (const words of holds) out.print(`  - ${words}`);
  if (contents.missing.length > 0) out.print(lacking(contents.missing));
}

const lacking = (missing: readonly string[]) => `Not in it:\n${missing.map((words) => `  - ${words}`).join('\n')}`;

/** @throws UserError InvalidInput for what names no version */
const wrong = (message: string) => new UserError('InvalidInput', message);
