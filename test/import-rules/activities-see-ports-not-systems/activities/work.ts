import { put } from '../adapters/s3.ts';
export const keep = put;
