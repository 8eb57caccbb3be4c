import type { Command } from 'commander';

/** Adds one verb to the program: its arguments, options and help; its work is imported when it runs. */
export type Verb = (program: Command) => void;
