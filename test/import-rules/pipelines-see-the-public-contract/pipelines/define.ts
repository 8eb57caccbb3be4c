import { start } from '../workers/start.ts';
export const a = start;
