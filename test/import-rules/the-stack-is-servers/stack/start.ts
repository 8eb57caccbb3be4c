import { run } from '../activities/run.ts';
export const start = run;
