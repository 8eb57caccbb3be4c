/** A decision of the loop as lines of a terminal. */

import type { Decision } from '#contracts/decision.ts';
import pc from '../../../kit/color.ts';
import { shortened } from '../../../kit/output.ts';
import { type Origins, origin } from './origins.ts';

const colour: Partial<Record<Decision['outcome'], (text: string) => string>> = {
  run: pc.green,
  confirmed: pc.green,
  held: pc.yellow,
  rolledBack: pc.red,
  'rollback-failed': pc.red,
};
const LONGEST = 320;

/** What was decided; then, of what asks for a run, each kind with its evidence, and where it came from. */
export function lines(decision: Decision, origins: Origins): string {
  const { outcome, reasons } = decision;
  const told = (colour[outcome] ?? pc.dim)(outcome.padEnd(10));
  return [
    `  ${told} ${shortened(what(decision), LONGEST)}`,
    ...reasons.flatMap((reason) => [
      `             ${pc.bold(reason.kind.padEnd(11))} ${shortened(reason.words, LONGEST)}`,
      `                         ${pc.dim(`from ${origin(reason, origins)}`)}`,
    ]),
  ].join('\n');
}

/** The decision without its reasons, which are told apart. */
export function what({ outcome, runId, held, words }: Decision): string {
  if (outcome === 'run') return `starts ${runId}`;
  if (outcome === 'held') return `waits, ${held.map((hold) => hold.words).join('; ')}`;
  return words;
}
