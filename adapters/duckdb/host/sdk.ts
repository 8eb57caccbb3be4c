/**
 * The SDK, by `require`: it is CommonJS in 180 files, and an `import` reads each of them twice, once to find its exports.
 * That is a tenth of a second of every command.
 */
import { createRequire } from 'node:module';

const sdk = createRequire(import.meta.url)('@duckdb/node-api') as typeof import('@duckdb/node-api');

export const { BIGINT, BOOLEAN, DOUBLE, DuckDBInstance, DuckDBScalarFunction, VARCHAR } = sdk;
export const { DuckDBDataChunk: DuckDBChunk } = sdk;
export const { DuckDBDoubleVector, DuckDBIntegerVector } = sdk;
