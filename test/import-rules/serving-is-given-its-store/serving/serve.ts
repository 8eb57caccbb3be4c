import { open } from '../adapters/lmdb/open.ts';
export const store = open;
