/** A command outside TypeScript (a trainer, a script step) and the files and Python lock that it needs. */
import { z } from 'zod';

/** Of tests: the exit code and the JUnit XML are the result, and output.json is not asked for. */
const report = z.literal('junit').optional();

/**
 * As a pipeline declares it: paths and globs relative to the pipeline's folder.
 * @example
 * ```ts
 * const trainer: DeclaredProgram = python('train.py');
 * ```
 */
export const DeclaredProgram = z.strictObject({
  kind: z.literal('program'),
  /** Words, never a shell line. `python` is the interpreter of the locked environment. */
  command: z.array(z.string()).min(1),
  /** Globs of the files that travel with it; default: every `*.py` of the folder that holds the script. */
  files: z.array(z.string()).optional(),
  /** A requirements lock; default: the pipeline folder's `requirements.lock`, else the one Ratchet ships. */
  lock: z.string().optional(),
  report,
});
export type DeclaredProgram = z.output<typeof DeclaredProgram>;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** As a plan carries it: every byte is in the store under `code/<sha256>`, so any worker runs the same program. */
export const PinnedProgram = z.strictObject({
  kind: z.literal('program'),
  command: z.array(z.string()).min(1),
  pinned: z.strictObject({
    /** SHA-256 over command, files and lock: what the cache counts. */
    digest: Sha256,
    files: z.array(z.strictObject({ path: z.string(), digest: Sha256 })),
    lock: z.strictObject({ name: z.string(), digest: Sha256 }).nullable(),
  }),
  report,
});
export type PinnedProgram = z.output<typeof PinnedProgram>;

export const Program = z.union([PinnedProgram, DeclaredProgram]);
export type Program = z.output<typeof Program>;
