/**
 * What an author of a pipeline, or somebody who can edit its file, might try from an expression over a row: files, the network,
 * extensions, settings, other databases, secrets, the environment, a second statement, another query. All is refused in
 * words before a row is read; nothing is opened, asked, written or told.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DatasetRef } from '#contracts/data.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

const secret = 'canary-7f3a91';
let place: DataWorkplace;
let data: DatasetRef;
let asked = 0;
const web = createServer((_, answer) => {
  asked += 1;
  answer.end(secret);
});
beforeAll(async () => {
  process.env.RATCHET_CANARY = secret;
  place = await createDataWorkplace();
  data = await place.dataset('rows', 'n,txt\n1,a\n2,b\n3,c\n4,d\n');
  for (const name of ['secret.csv', 'secret.txt', 'secret.json', 'secret.db']) writeFileSync(at(name), secret);
  await new Promise<void>((go) => void web.listen(0, '127.0.0.1', go));
});
afterAll(async () => {
  delete process.env.RATCHET_CANARY;
  web.close();
  await place.close();
});

const at = (name: string) => join(place.folder, name);
const url = () => `http://127.0.0.1:${(web.address() as AddressInfo).port}/x`;

/** `$DIR` is a folder with secrets, `$URL` a server that counts. */
const attempts: Readonly<Record<string, readonly string[]>> = {
  'files, read': [
    "read_text('$DIR/secret.txt')",
    "read_blob('$DIR/secret.txt')",
    "(SELECT content FROM read_text('$DIR/secret.txt'))",
    "(SELECT content FROM read_blob('$DIR/secret.txt'))",
    "(SELECT * FROM read_csv('$DIR/secret.csv', header = false))",
    "(SELECT * FROM read_csv_auto('$DIR/secret.csv'))",
    "(SELECT * FROM sniff_csv('$DIR/secret.csv'))",
    "(SELECT * FROM read_json('$DIR/secret.json'))",
    "(SELECT * FROM read_json_auto('$DIR/secret.json'))",
    "(SELECT * FROM read_ndjson('$DIR/secret.json'))",
    "(SELECT * FROM read_ndjson_objects('$DIR/secret.json'))",
    "(SELECT * FROM read_json_objects('$DIR/secret.json'))",
    "(SELECT * FROM read_parquet('$DIR/*'))",
    "(SELECT * FROM parquet_scan('$DIR/*'))",
    "(SELECT * FROM parquet_metadata('$DIR/*'))",
    "(SELECT * FROM parquet_schema('$DIR/*'))",
    "(SELECT * FROM parquet_kv_metadata('$DIR/*'))",
    "(SELECT file FROM glob('$DIR/*'))",
    "(SELECT * FROM '$DIR/secret.csv')",
    "(SELECT * FROM '/etc/passwd')",
    "EXISTS (FROM '$DIR/secret.csv')",
    "n IN (SELECT length(content) FROM read_text('$DIR/secret.txt'))",
    "n = ANY (SELECT length(content) FROM read_text('$DIR/secret.txt'))",
    "(FROM read_text('$DIR/secret.txt') SELECT content LIMIT 1)",
    "(WITH s AS (SELECT content FROM read_text('$DIR/secret.txt')) SELECT content FROM s)",
    "list_transform([1], x -> (SELECT content FROM read_text('$DIR/secret.txt')))",
    "CASE WHEN n > 0 THEN (SELECT content FROM read_text('$DIR/secret.txt')) END",
    "coalesce(txt, (SELECT content FROM read_text('$DIR/secret.txt')))",
    "array(SELECT content FROM read_text('$DIR/secret.txt'))",
  ],
  'files, written': [
    "1) FROM t; COPY (SELECT 1) TO '$DIR/out.csv'; SELECT (1",
    "1) FROM t; COPY t TO '$DIR/out.parquet' (FORMAT parquet); SELECT (1",
    "1); EXPORT DATABASE '$DIR/out'; SELECT (1",
    "(COPY (SELECT 1) TO '$DIR/out.csv')",
    "1) FROM t; CREATE TABLE x AS SELECT * FROM read_text('$DIR/secret.txt'); SELECT (1",
    "write_log('x')",
    "1); SET log_query_path = '$DIR/out.log'; SELECT (1",
    "1); PRAGMA enable_profiling = 'json'; SELECT (1",
    "1); SET profiling_output = '$DIR/out.json'; SELECT (1",
    '1); CHECKPOINT; SELECT (1',
  ],
  network: [
    "(SELECT content FROM read_text('$URL'))",
    "(SELECT * FROM read_csv('$URL'))",
    "(SELECT * FROM read_parquet('$URL'))",
    "(SELECT * FROM read_json('$URL'))",
    "(SELECT * FROM '$URL')",
    "(SELECT * FROM read_csv('s3://bucket/key.csv'))",
    "(SELECT * FROM 'https://example.com/x.parquet')",
    "(SELECT * FROM iceberg_scan('$URL'))",
    "(SELECT * FROM delta_scan('$URL'))",
    "(SELECT * FROM postgres_scan('host=127.0.0.1', 'public', 't'))",
    "(SELECT * FROM mysql_query('x', 'SELECT 1'))",
    "(SELECT * FROM sqlite_scan('$DIR/secret.db', 't'))",
    "http_get('$URL')",
    "http_post('$URL', '', '')",
  ],
  extensions: [
    '1); INSTALL httpfs; SELECT (1',
    '1); LOAD httpfs; SELECT (1',
    "1); LOAD '$DIR/evil.duckdb_extension'; SELECT (1",
    "1); INSTALL x FROM '$URL'; SELECT (1",
    '1); FORCE INSTALL json; SELECT (1',
    '1); UPDATE EXTENSIONS; SELECT (1',
    '(SELECT * FROM duckdb_extensions())',
    "shell('id')",
    "system('id')",
  ],
  settings: [
    '1); SET enable_external_access = true; SELECT (1',
    "1); SET memory_limit = '1TB'; SELECT (1",
    '1); RESET lock_configuration; SELECT (1',
    "1); SET temp_directory = '$DIR'; SELECT (1",
    '1); PRAGMA database_list; SELECT (1',
    "1); SET allowed_directories = ['/']; SELECT (1",
    "current_setting('temp_directory')",
    "current_setting('s3_secret_access_key')",
    '(SELECT value FROM duckdb_settings() LIMIT 1)',
    "set_config('threads', '1')",
    "getvariable('x')",
    '1); SET VARIABLE x = 1; SELECT (1',
  ],
  'secrets and environment': [
    "getenv('RATCHET_CANARY')",
    "getenv('HOME')",
    '(SELECT secret_string FROM duckdb_secrets())',
    "(SELECT * FROM which_secret('s3://b', 's3'))",
    "1); CREATE SECRET x (TYPE s3, KEY_ID 'a', SECRET 'b'); SELECT (1",
    '1); DROP SECRET x; SELECT (1',
    'current_user',
    'current_database()',
    'version()',
    'pg_backend_pid()',
    "query('SELECT 1')",
    "(SELECT * FROM query('SELECT 1'))",
    "(SELECT * FROM query_table('t'))",
  ],
  'other databases and tables': [
    "1); ATTACH '$DIR/secret.db'; SELECT (1",
    "1); ATTACH '$DIR/new.db' AS x; SELECT (1",
    '1); DETACH memory; SELECT (1',
    '1); USE system; SELECT (1',
    '(SELECT sql FROM duckdb_tables() LIMIT 1)',
    '(SELECT * FROM duckdb_columns() LIMIT 1)',
    '(SELECT * FROM information_schema.tables LIMIT 1)',
    '(SELECT * FROM pg_catalog.pg_class LIMIT 1)',
    '(SELECT * FROM sqlite_master LIMIT 1)',
    '(SELECT count(*) FROM range(10))',
    '(SELECT max(n) FROM t)',
    '(VALUES (1))',
    '(TABLE t)',
  ],
  'more than an expression': [
    '1) FROM t; DROP TABLE result; SELECT (1',
    '1) FROM t UNION ALL SELECT (2',
    'n) FROM t WHERE (true',
    '1), (2',
    '1) AS a, (n',
    '*',
    'COLUMNS(*)',
    '1) FROM t; DELETE FROM t; SELECT (1',
    '1) FROM t; CREATE MACRO m() AS 1; SELECT (1',
    '1) -- ',
    '1) /*',
    '$1',
    '?',
    '1); PREPARE p AS SELECT 1; EXECUTE p; SELECT (1',
    '1); CALL pragma_version(); SELECT (1',
    '1); EXPLAIN ANALYZE SELECT (1',
  ],
};

const filled = (text: string) => text.replaceAll('$DIR', place.folder).replaceAll('$URL', url());
const featurized = (given: { derive: Record<string, string> } | { where: string }) =>
  place.featurize({ data, split: { by: 'share', holdout: 0.5 }, ...given }).then(
    () => 'was let in',
    (reason: unknown) => reason,
  );

test('there are a hundred and more', () => {
  expect(new Set(Object.values(attempts).flat()).size).toBeGreaterThanOrEqual(100);
});

describe.each(Object.entries(attempts))('%s', (_, texts) => {
  test.each(texts)('%s', async (text) => {
    const before = readdirSync(place.folder).sort();
    for (const given of [{ derive: { x: filled(text) } }, { where: filled(text) }]) {
      const refused = await featurized(given);
      expect(refused).toMatchObject({ name: 'UserError', type: 'InvalidInput' });
      expect(String(refused)).not.toContain(secret);
    }
    expect(readdirSync(place.folder).sort()).toEqual(before);
    expect(asked).toBe(0);
  });
});

test('an honest expression passes by the same way', async () => {
  expect(await featurized({ derive: { x: "n + 1 -- read_text('/etc/passwd')" } })).toBe('was let in');
  rmSync(at('secret.txt'));
});
