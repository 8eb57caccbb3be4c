/** How commander writes help and errors: escaped, as all that is printed. */
import type { OutputConfiguration } from 'commander';
import { printable } from './printable.ts';

export const terminalOutput: OutputConfiguration = {
  writeOut: (text) => process.stdout.write(printable(text)),
  writeErr: (text) => process.stderr.write(printable(text)),
  outputError: (text, write) => write(text),
};
