/**
 * The command that runs now, written down, so that one that outlives a killed `ratchet repro` is ended before its stage is run
 * again: two would write the same outputs.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { identityNow, isSameProcess, signalGroup } from '#adapters/process/process-identity.ts';
import { replaceFile } from '#stack/write-atomically.ts';

const Recorded = z.object({ stage: z.string(), pid: z.number().int(), startedAt: z.string(), bootId: z.string() });
const POLL_MS = 50;

export function recordCommand(file: string, stage: string, pid: number): void {
  const identity = identityNow(pid);
  if (!identity) return;
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, JSON.stringify({ stage, ...identity }));
}

export const forgetCommand = (file: string): void => rmSync(file, { force: true });

/** @returns the stage whose command still ran and was ended; null when none did */
export async function endLeftCommand(file: string): Promise<string | null> {
  const recorded = readRecorded(file);
  if (!recorded || !(await signalGroup(recorded, 'SIGKILL'))) return null;
  while (await isSameProcess(recorded)) await delay(POLL_MS);
  forgetCommand(file);
  return recorded.stage;
}

function readRecorded(file: string): z.output<typeof Recorded> | null {
  try {
    return Recorded.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}
