/** Commands outside TypeScript, as a pipeline declares them. */

import { describeIssues } from '#contracts/describe-issues.ts';
import { DeclaredProgram } from '#contracts/program.ts';
import { callSite } from './graph/call-site.ts';
import { definitionError, shownValue } from './graph/definition-error.ts';

/**
 * What travels with a program.
 * @example
 * ```ts
 * const packages: ProgramOptions = { files: ['*.py', 'model.json'], lock: 'requirements.lock' };
 * ```
 */
export interface ProgramOptions {
  /** Globs, relative to the pipeline's folder, of the files that travel with it. Default: every `*.py` beside the script. */
  files?: readonly string[];
  /** A requirements lock, relative to the pipeline's folder. Default: its `requirements.lock`, else the one that Ratchet ships. */
  lock?: string;
}

/**
 * A Python script, run by the interpreter of its locked environment: `python('train.py', { args: ['--deep'] })`.
 * @example
 * ```ts
 * const trainer = python('train.py', { args: ['--deep'], lock: 'deep.lock' });
 * ```
 */
export function python(script: string, options: ProgramOptions & { args?: readonly string[] } = {}): DeclaredProgram {
  const { args = [], ...rest } = options;
  return declared(['python', script, ...args], rest, callSite(python));
}

/**
 * Any command, as words: `program(['Rscript', 'train.R'], { files: ['*.R'] })`.
 * @example
 * ```ts
 * const trainer = program(['Rscript', 'train.R'], { files: ['*.R'] });
 * ```
 */
export function program(command: readonly string[], options: ProgramOptions = {}): DeclaredProgram {
  return declared([...command], options, callSite(program));
}

/** Words of a command line that needs no shell; throws UserError InvalidPipeline for one that does. */
export function words(command: string, at: string | null): string[] {
  const found = /["'`$|&;<>(){}*?~\\]/.exec(command);
  if (found)
    throw definitionError(
      at,
      `the command ${shownValue(command)} holds ${found[0]}: it is not given to a shell. Write it as words, ['python', 'x.py', 'an argument'], or put the shell's work into a script.`,
    );
  return command.split(/\s+/).filter(Boolean);
}

export function declared(command: readonly string[], options: ProgramOptions, at: string | null): DeclaredProgram {
  const { files, lock } = options;
  const made = {
    kind: 'program',
    command,
    ...(files ? { files: [...files] } : {}),
    ...(lock === undefined ? {} : { lock }),
  };
  const parsed = DeclaredProgram.safeParse(made);
  if (!parsed.success || command.some((word) => word === ''))
    throw definitionError(
      at,
      `the command ${shownValue(command)} cannot be run: ${parsed.success ? 'it holds an empty word' : describeIssues(parsed.error.issues, made).join('; ')}.`,
    );
  return parsed.data;
}
