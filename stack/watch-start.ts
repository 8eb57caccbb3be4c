import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '#contracts/failures.ts';
import { supervisorLives } from './clean-up.ts';
import { type PartState, readStackFile, type StackFile } from './file.ts';
import { lastLines } from './log-file.ts';
import type { StackPaths } from './paths.ts';

const pollMilliseconds = 50;
/** Starts in a row that fail before any health, after which waiting longer is no use. */
const hopeless = 3;

export type PartEvent = {
  kind: 'part';
  part: string;
  state: PartState;
  address: string | null;
  /** Since the start of the stack was asked for. */
  milliseconds: number;
  message: string | null;
};

/** Reports each part's way to `ready` as the stack file tells it, and returns when all of `names` are there. */
export async function watchStart(
  paths: StackPaths,
  names: readonly string[],
  began: number,
  onEvent: (event: PartEvent) => void,
): Promise<StackFile> {
  const told = new Map<string, string>();
  for (;;) {
    const file = readStackFile(paths);
    for (const name of names) {
      const part = file?.parts[name];
      if (!file || !part) continue;
      const state = `${part.state} ${part.restarts}`;
      if (told.get(name) !== state)
        onEvent({ ...event(file, name), milliseconds: Math.round(performance.now() - began) });
      told.set(name, state);
      if (part.failures >= hopeless && part.state !== 'ready')
        throw new UserError(
          'OutsideRefused',
          `${name} does not start: ${part.lastError}\nIts log is ${paths.log(name)}.`,
        );
    }
    if (file && names.every((name) => file.parts[name]?.state === 'ready')) return file;
    if (!(await supervisorLives(file)))
      throw new UserError(
        'OutsideRefused',
        `The stack's supervisor ended: ${lastLines(paths.log('supervisor'), 5)}\nIts log is ${paths.log('supervisor')}.`,
      );
    await delay(pollMilliseconds);
  }
}

function event(file: StackFile, name: string): Omit<PartEvent, 'milliseconds'> {
  const { temporalUiUrl, temporalAddress, mlflowUrl, s3Endpoint } = file.addresses;
  const addresses: Record<string, string | null> = {
    temporal: temporalUiUrl ?? temporalAddress,
    mlflow: mlflowUrl,
    'object-store': s3Endpoint,
  };
  const part = file.parts[name];
  return {
    kind: 'part',
    part: name,
    state: part?.state ?? 'waiting',
    address: addresses[name] ?? null,
    message: part?.lastError ?? null,
  };
}
