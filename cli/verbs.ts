/** The verbs, in the order in which a newcomer meets them. */
import type { Command } from 'commander';
import { dev } from './verbs/dev.ts';
import { doctor } from './verbs/doctor.ts';
import { down } from './verbs/down.ts';
import { worker } from './verbs/worker.ts';

/** Adds one verb to the program: its arguments, options and help; its work is imported when it runs. */
export type Verb = (program: Command) => void;

export const verbs: Verb[] = [dev, down, doctor, worker];
