/** What an executor is given when it is made, to bring to its jobs what they read and run. It works on the machine that the jobs run on. */
import type { PinnedProgram } from '#contracts/program.ts';
import type { JobInput } from './executor.ts';

export interface Staging {
  /**
   * A file, or for the format `folder` a folder, with the bytes of `input`, checked against its digest. It outlives this
   * process, and is only to be read.
   */
  input(input: JobInput, signal?: AbortSignal): Promise<string>;
  /**
   * Lays a program's files into `folder` and finds or makes its Python environment; `progress` takes a line a step.
   * Both may be done again, and by two at once.
   */
  program(program: PinnedProgram, folder: string, progress: (line: string) => void): Promise<StagedProgram>;
}

export interface StagedProgram {
  /** argv, no shell; `python` is the interpreter of the program's environment. */
  command: string[];
  /** The folder that holds the files: the working folder. */
  cwd: string;
  /** Folders for the front of PATH: the `bin` of the environment. */
  path: string[];
}
