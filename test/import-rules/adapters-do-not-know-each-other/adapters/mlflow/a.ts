import { b } from '../s3/b.ts';
export const a = b;
