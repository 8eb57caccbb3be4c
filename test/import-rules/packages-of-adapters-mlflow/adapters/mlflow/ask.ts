import { DuckDBInstance } from '@duckdb/node-api';
export const open = DuckDBInstance;
