/** `s3://` where the data verbs take data: the embedded store's own server, credentials from the environment, no secret told. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { downloadStored } from '#cli/kit/stored-data.ts';
import { runVerbIn } from '../fixtures/verbs.ts';
import { freePort } from '../servers/free-port.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';

let folder: string;
let server: TestObjectStore;
let environment: Record<string, string>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-verbs-store-'));
  server = await startObjectStore();
  environment = {
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    // Scratch of the verbs: it must be empty in the end.
    TMPDIR: join(folder, 'tmp'),
  };
  const store = createObjectStore({
    ...{ endpoint: server.endpoint, region: 'us-east-1', bucket: 'lake', prefix: '' },
    ...{ accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
  });
  await store.ensureBucket();
  for (const day of [1, 2, 3]) {
    const lines = Array.from({ length: 300 }, (_, i) => {
      const score = ((i * 37) % 100) / 100;
      return `${day * 1000 + i},${(i * 53) % 100 < score * 100 ? 1 : 0},${score >= 0.5 ? 1 : 0},${score}`;
    });
    const text = ['id,y_true,y_pred,y_pred_proba', ...lines].join('\n');
    await store.put(`days/2024-01-0${day}.csv`, text);
  }
  await store.put('days/odd name é.csv', 'id\n1\n');
  await store.close();
  mkdirSync(join(folder, 'tmp'));
  const expectations = [{ type: 'expect_column_values_to_be_unique', kwargs: { column: 'id' } }];
  writeFileSync(join(folder, 'suite.json'), JSON.stringify({ name: 's', expectations }));
}, 120_000);
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const ratchet = (...args: string[]) => runVerbIn(folder, environment, ...args);
const scratch = () => readdirSync(join(folder, 'tmp'));
const [day1, day2] = ['s3://lake/days/2024-01-01.csv', 's3://lake/days/2024-01-02.csv'];
const days = 's3://lake/days/2024-*.csv';

describe('data in a store', () => {
  it('is validated, profiled, compared, looked at and estimated like files, reports stay on this machine', async () => {
    const [validated, profiled] = await Promise.all([
      ratchet('validate', days, '--suite', 'suite.json', '--html', 'v.html', '--json'),
      ratchet('profile', days, '--out', 'profile.json', '--json'),
    ]);
    expect(validated.json()).toMatchObject({ success: true, ratchet: { rows: 900, data: days } });
    expect(profiled.json()).toMatchObject({ rows: 900 });
    const [drifted, looked, estimated] = await Promise.all([
      ratchet('drift', '--reference', 'profile.json', '--current', day1, day2, '--column', 'y_pred_proba', '--json'),
      ratchet('quality', days, '--reference', day1, '--json'),
      ratchet(
        'estimate',
        '--reference',
        day1,
        '--analysis',
        days,
        '--target',
        'y_true',
        '--chunk-number',
        '3',
        '--json',
      ),
    ]);
    expect(drifted.json()).toMatchObject({ drifted: 0, rows: { reference: 900, current: 600 } });
    expect(looked.json()).toMatchObject({ current: { rows: 900 }, reference: { rows: 300 }, passed: true });
    expect(estimated.json()).toMatchObject({ rows: { reference: 300, analysis: 900 } });
    for (const said of [validated, profiled, drifted, looked, estimated]) {
      expect([said.code, said.stderr.replace(/report: .*\n/, '')]).toEqual([0, '']);
      expect(said.stdout).not.toContain(server.secretAccessKey);
    }
    expect(readdirSync(folder).sort()).toEqual(['profile.json', 'suite.json', 'tmp', 'v.html']);
    expect(scratch()).toEqual([]);
  });

  it('that cannot be had is said as the command says it: one message, exit code, nothing left', async () => {
    const said = await ratchet('quality', 's3://lake/days/2024-02-01.csv', '--json');
    expect(said.json<{ error: object }>().error).toMatchObject({
      type: 'DataInvalid',
      message: 'no object in the store matches s3://lake/days/2024-02-01.csv',
    });
    expect(said.code).toBe(2);
    expect(scratch()).toEqual([]);
  });
});

describe('a name in a store', () => {
  /** The message of what is refused; variables as a user would have set them. */
  async function refusal(uri: string, more: Record<string, string | undefined> = {}): Promise<string> {
    const set = (values: Record<string, string | undefined>) => {
      for (const [name, value] of Object.entries(values))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    };
    const wanted = { ...environment, RATCHET_STORE: undefined, ...more };
    // One by one: another object in the place of `process.env` would leave the process's own as it is.
    const kept = Object.fromEntries(Object.keys(wanted).map((name) => [name, process.env[name]]));
    set(wanted);
    try {
      await downloadStored(uri, join(folder, 'down'), new AbortController().signal);
      return 'nothing was refused';
    } catch (error) {
      // What is printed, and what a log would hold of it.
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/test-secret|not-the-secret/);
      return (error as Error).message;
    } finally {
      set(kept);
    }
  }

  it('of which there is none says what is missing: object, match, bucket, key', async () => {
    expect(await refusal('s3://lake/days/none.csv')).toBe('no object in the store matches s3://lake/days/none.csv');
    expect(await refusal('s3://lake/none/*.csv')).toBe('no object in the store matches s3://lake/none/*.csv');
    expect(await refusal('s3://sea/days/2024-01-01.csv')).toMatch(
      /^the bucket "sea" does not exist at http:.*correct the name/,
    );
    expect(await refusal('s3://sea/days/*.csv')).toMatch(/^the bucket "sea" does not exist at http:/);
    expect(await refusal('s3://lake')).toMatch(/names no object: write s3:\/\/bucket\/folder\/file\.parquet/);
    expect(await refusal('s3://lake/')).toMatch(/names no object/);
    expect(await refusal('s3://Not_A_Bucket/a.csv')).toMatch(/"Not_A_Bucket" is no name of a bucket/);
    expect(await refusal('s3://lake/days/odd name é.csv')).toBe('nothing was refused');
  });

  it('that these credentials may not read says what to set, and never the secret', async () => {
    const words = /refuses these credentials.*set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/;
    expect(await refusal(day1, { AWS_SECRET_ACCESS_KEY: 'not-the-secret' })).toMatch(words);
    expect(await refusal(days, { AWS_ACCESS_KEY_ID: 'nobody' })).toMatch(words);
    expect(await refusal(day1, { AWS_SECRET_ACCESS_KEY: undefined })).toMatch(/are not both set/);
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect(await refusal(day1, { AWS_ENDPOINT_URL_S3: nobody })).toMatch(/cannot be reached .*AWS_ENDPOINT_URL_S3/);
  });
});
