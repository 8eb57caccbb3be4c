import { tables } from '../ports/tables.ts';
export const rows = tables;
