import { run } from '../workflows/run.ts';
export const a = run;
