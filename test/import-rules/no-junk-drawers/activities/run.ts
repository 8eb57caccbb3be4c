import { add } from './utils/add.ts';
export const a = add;
