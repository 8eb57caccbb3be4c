import { Redis } from 'ioredis';

export const asked = new Redis();
