import type { Verb } from '../../kit/verb.ts';
import type { AuditOptions } from './audit-pack.ts';

export const audit: Verb = (command) => {
  command
    .command('audit')
    .summary('write the audit pack of a version, or prove one')
    .description(
      'The audit pack of a version says why it exists and what came of it: trigger, data, code, evidence, verdict, approvals, moves; signed, and verified without any server. ' +
        'It is written by itself at each registration and move; this writes it as of now, into a folder and the store. ' +
        'RATCHET_AUDIT_KEY=file:PATH or env:NAME says which Ed25519 key signs; default: the project’s own, .ratchet/audit-key.pem.',
    )
    .argument('<version>', 'NAME@NUMBER, for example flight-delays@5; with --verify also the folder of a pack')
    .option('--out <folder>', 'where to write it; default audit-NAME-NUMBER. Nothing is written over')
    .option('--verify', 'prove a pack, byte for byte: exits with 3 and names the file where it is not what was signed')
    .option('--key <file>', 'with --verify: PEM of the public key that you trust, as its owner gave it to you')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  ratchet model audit flight-delays@5 --out pack
  ratchet model audit pack --verify --key audit-public.pem    # anywhere, offline`,
    )
    .action(async (version: string, options: AuditOptions) => {
      const { auditPack } = await import('./audit-pack.ts');
      await auditPack(version, options);
    });
};
