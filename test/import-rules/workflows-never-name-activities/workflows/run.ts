import type { work } from '../activities/work.ts';
export type Work = typeof work;
