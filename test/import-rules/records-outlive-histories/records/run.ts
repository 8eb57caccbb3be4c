import { page } from '../reports/page.ts';
export const record = page;
