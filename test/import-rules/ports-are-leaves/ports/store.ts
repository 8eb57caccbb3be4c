import { bucket } from '../adapters/s3.ts';
export const where = bucket;
