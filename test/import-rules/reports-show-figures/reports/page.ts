import { run } from '../activities/run.ts';
export const rows = run;
