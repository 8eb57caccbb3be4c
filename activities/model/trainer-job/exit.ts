/** How a job ended, in words that say what to do next. Pure. */

import { UserError } from '#contracts/failures.ts';
import type { JobExit, JobLog } from '#ports/executor.ts';

/** Signals that come from outside; the others are the program's own crash (SIGSEGV, SIGABRT …). */
const fromOutside = new Set(['SIGKILL', 'SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGPWR']);

/** True when the job was ended by something that another start may not meet again: it is started again. */
export function isDeath(exit: JobExit): boolean {
  if (exit.oomKilled) return false;
  if (exit.reason === 'lease' || exit.reason === 'shim-failed' || exit.reason === 'folder-lost') return true;
  return exit.reason === 'signalled' && fromOutside.has(exit.signal ?? '');
}

/** By itself, with code 0: a trainer that saves and ends when it is told to stop has not done its work. */
export const endedWell = (exit: JobExit): boolean => exit.reason === 'exited' && exit.code === 0;

export interface EndedJob {
  exit: JobExit;
  log: JobLog;
  /** Where the whole log is: a URL, or a path with the machine's name. */
  logAt: string;
  /** `the trainer`, `the script`. */
  what: string;
  node: string;
  limits: { memoryMb: number | null; timeoutMs: number | null };
}

/** Lines of the log that a message carries, and their most characters. */
const LINES = 15;
const CHARACTERS = 2_000;

/** Null for an end with code 0. */
export function failureOf(ended: EndedJob): UserError | null {
  const { exit, what, node, limits } = ended;
  if (endedWell(exit)) return null;
  const Subject = what.charAt(0).toUpperCase() + what.slice(1);
  const rest = `${lastLines(ended.log)} The whole log: ${ended.logAt}`;
  const failed = (words: string) => new UserError('JobFailed', `${Subject} of ${node} ${words}${rest}`);
  if (exit.reason === 'memory' || exit.oomKilled) {
    const limit = limits.memoryMb === null ? "this machine's memory" : `its limit of ${limits.memoryMb} MiB`;
    const raise =
      limits.memoryMb === null
        ? 'run it on a larger machine or give it less data'
        : `raise it with { resources: { memoryMb: ${roundUp(exit.peakBytes, limits.memoryMb)} } } or give it less data`;
    return failed(
      `was ended because it needed more than ${limit} (it held ${mebibytes(exit.peakBytes)} MiB): ${raise}.`,
    );
  }
  if (exit.reason === 'not-started')
    return failed(`could not be started (${exit.detail ?? 'no reason given'}): check the command in the pipeline.`);
  if (exit.reason === 'stopped') return failed(`was stopped: ${exit.detail ?? 'no reason given'}.`);
  if (exit.signal) return failed(`crashed with ${exit.signal}.`);
  if (exit.reason === 'exited') return failed(`ended with code ${exit.code}.`);
  return failed(`ended: ${exit.reason}${exit.detail ? ` (${exit.detail})` : ''}.`);
}

export function timedOut(ended: Omit<EndedJob, 'exit'>): UserError {
  const limit = duration(ended.limits.timeoutMs ?? 0);
  return new UserError(
    'JobFailed',
    `${ended.what.charAt(0).toUpperCase()}${ended.what.slice(1)} of ${ended.node} was stopped because it ran longer than its limit of ${limit}: raise it with { timeout: '…' } or give it less to do.${lastLines(ended.log)} The whole log: ${ended.logAt}`,
  );
}

function lastLines({ text }: JobLog): string {
  const lines = text.trimEnd().split('\n').slice(-LINES).join('\n').slice(-CHARACTERS);
  return lines === '' ? ' It printed nothing.' : ` Its last lines:\n${lines}\n`;
}

const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);
/** A limit to try: half as much again as was seen, in steps of 256 MiB. */
const roundUp = (peakBytes: number, limitMb: number) =>
  Math.ceil((Math.max(mebibytes(peakBytes), limitMb) * 1.5) / 256) * 256;

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 6) / 10} h`;
}
