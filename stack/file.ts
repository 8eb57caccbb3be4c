import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { StackPaths } from './paths.ts';
import { replaceFile } from './write-atomically.ts';

const Identity = z.strictObject({ pid: z.int().positive(), startedAt: z.string(), bootId: z.string() });

/** `stopped` parts keep their ports: the next start asks for the same ones first. */
export const PartState = z.enum(['waiting', 'starting', 'ready', 'restarting', 'stopped']);
export type PartState = z.infer<typeof PartState>;

const PartRecord = z.strictObject({
  state: PartState,
  process: Identity.nullable(),
  ports: z.record(z.string(), z.int()),
  version: z.string(),
  startedAt: z.iso.datetime().nullable(),
  readyAt: z.iso.datetime().nullable(),
  /** How often it was started again since the stack was started. */
  restarts: z.int(),
  /** Ends in a row before it was ever healthy. */
  failures: z.int(),
  lastError: z.string().nullable(),
});
export type PartRecord = z.infer<typeof PartRecord>;

/** Where clients find the parts; null for a part that is not embedded. */
const Addresses = z.strictObject({
  temporalAddress: z.string().nullable(),
  temporalUiUrl: z.string().nullable(),
  temporalMetricsUrl: z.string().nullable(),
  mlflowUrl: z.string().nullable(),
  s3Endpoint: z.string().nullable(),
});
export type Addresses = z.infer<typeof Addresses>;
export const noAddresses: Addresses = {
  temporalAddress: null,
  temporalUiUrl: null,
  temporalMetricsUrl: null,
  mlflowUrl: null,
  s3Endpoint: null,
};

/** `.ratchet/stack.json`: what runs, under which identity, and where. Only the supervisor writes it while it lives. */
export const StackFile = z.strictObject({
  format: z.literal(1),
  supervisor: Identity.nullable(),
  /** What the supervisor was asked to run: a later start compares its own wish with it. */
  request: z.string(),
  addresses: Addresses,
  parts: z.record(z.string(), PartRecord),
});
export type StackFile = z.infer<typeof StackFile>;

/** The stack file, or undefined when there is none or it is not ours to understand (torn, edited, of another format). */
export function readStackFile(paths: StackPaths): StackFile | undefined {
  try {
    return StackFile.safeParse(JSON.parse(readFileSync(paths.stackFile, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

export function writeStackFile(paths: StackPaths, file: StackFile): void {
  replaceFile(paths.stackFile, `${JSON.stringify(file, null, 2)}\n`);
}
