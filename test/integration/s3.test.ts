import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createObjectStore, type ObjectStoreSettings } from '#adapters/s3/object-store.ts';
import type { ObjectStore } from '#ports/store.ts';
import { storeConformance } from '../conformance/store.ts';
import { freePort } from '../servers/free-port.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';

let server: TestObjectStore;
beforeAll(async () => {
  server = await startObjectStore();
}, 120_000);
afterAll(() => server.close());

const settings = (more: Partial<ObjectStoreSettings> = {}): ObjectStoreSettings => ({
  endpoint: server.endpoint,
  region: 'us-east-1',
  bucket: 'ratchet-test',
  prefix: 'team/dev',
  accessKeyId: server.accessKeyId,
  secretAccessKey: server.secretAccessKey,
  ...more,
});

storeConformance('S3', async () => {
  const store = createObjectStore(settings());
  await Promise.all([store.ensureBucket(), store.ensureBucket()]);
  return store;
});

describe('what only S3 has', () => {
  it('copies what is larger than one request takes in parts, byte for byte', async () => {
    const store = createObjectStore(settings({ copyPart: 5 * 2 ** 20 }));
    await store.ensureBucket();
    const bytes = randomBytes(12 * 2 ** 20 + 17);
    await store.put('large', bytes);
    expect(await store.copy('large', 'large copy')).toBe(true);
    expect(Buffer.from((await store.get('large copy')) ?? '').equals(bytes)).toBe(true);
    for await (const upload of store.unfinished()) expect(upload.key).not.toBe('large copy');
  });

  it('writes a file of any size in as many parts as there may be, byte for byte', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ratchet-parts-'));
    const store = createObjectStore(settings({ uploadParts: { least: 5 * 2 ** 20, largest: 16 * 2 ** 20, most: 3 } }));
    await store.ensureBucket();
    const bytes = randomBytes(40 * 2 ** 20 + 17);
    const path = join(folder, 'file');
    writeFileSync(path, bytes);
    await store.upload(path, 'several/large');
    expect(Buffer.from((await store.get('several/large')) ?? '').equals(bytes)).toBe(true);
    // An object's ETag ends in the number of its parts.
    for await (const { etag } of store.list('several/')) expect(etag).toMatch(/-3"?$/);
    writeFileSync(path, bytes.subarray(0, 5 * 2 ** 20 + 1));
    await store.upload(path, 'several/small');
    expect(await store.head('several/small')).toEqual({ bytes: 5 * 2 ** 20 + 1 });
    truncateSync(path, 49 * 2 ** 20);
    await expect(store.upload(path, 'several/beyond')).rejects.toMatchObject({
      type: 'OutsideRefused',
      message: expect.stringContaining('at most 3 parts'),
    });
    const stop = new AbortController();
    truncateSync(path, 48 * 2 ** 20);
    const running = store.upload(path, 'several/stopped', stop.signal);
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    for await (const upload of store.unfinished()) expect(upload.key).not.toContain('several/');
    rmSync(folder, { recursive: true });
  });

  it('sends a part again whose connection was cut, and gives up an upload that is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ratchet-parts-'));
    const path = join(folder, 'file');
    writeFileSync(path, '');
    truncateSync(path, 7 * 2 ** 20);
    let [parts, given, refuse] = [0, 0, false];
    const answers: Record<string, string> = {
      POST: '<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>',
      start: '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>',
    };
    const server = createHttpServer((request, answer) => {
      request.resume().on('end', () => {
        if (request.method === 'DELETE') given++;
        if (request.method !== 'PUT') answer.end(answers[request.url?.includes('uploads') ? 'start' : 'POST']);
        else if (refuse) answer.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
        else if (++parts === 2) request.socket.destroy();
        else answer.setHeader('etag', '"p"').end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const endpoint = `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`;
    const uploadParts = { least: 2 * 2 ** 20, largest: 2 ** 30, most: 100 };
    const store = createObjectStore(settings({ endpoint, uploadParts }));
    await store.upload(path, 'cut');
    // Four, and one once more.
    expect([parts, given]).toEqual([5, 0]);
    refuse = true;
    await expect(store.upload(path, 'refused')).rejects.toMatchObject({ type: 'OutsideRefused' });
    expect(given).toBe(1);
    await store.close();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('tells unfinished uploads, and gives them up', async () => {
    const store = createObjectStore(settings());
    await store.ensureBucket();
    const { CreateMultipartUploadCommand, S3Client } = await import('@aws-sdk/client-s3');
    const { endpoint, region, accessKeyId, secretAccessKey, bucket, prefix } = settings();
    const client = new S3Client({
      ...{ endpoint: endpoint ?? '', region, forcePathStyle: true },
      credentials: { accessKeyId, secretAccessKey },
    });
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket: bucket, Key: `${prefix}/files/md5/ab/unfinished` }),
    );
    client.destroy();
    const unfinished = async () => {
      const uploads: { key: string; id: string }[] = [];
      for await (const upload of store.unfinished()) uploads.push(upload);
      return uploads;
    };
    const found = await unfinished();
    expect(found).toMatchObject([{ key: 'files/md5/ab/unfinished', id: UploadId, began: expect.any(Date) }]);
    for (const upload of [...found, ...found]) await store.giveUp(upload);
    expect(await unfinished()).toEqual([]);
  });
});

describe('an S3 store that is not right', () => {
  const failure = (ask: () => Promise<unknown>) =>
    ask().then(
      () => null,
      (error: unknown) => error,
    );

  const asks = (store: ObjectStore) => [
    () => store.get('a'),
    () => store.head('a'),
    () => store.put('a', 'x'),
    async () => {
      for await (const _ of store.list('')) break;
    },
  ];

  it('says what to set when the credentials are wrong, and never prints the secret', async () => {
    for (const wrong of [{ secretAccessKey: 'not-this-secret' }, { accessKeyId: 'not-this-one' }]) {
      const store = createObjectStore(settings(wrong));
      for (const ask of [...asks(store), () => store.ensureBucket()])
        expect(await failure(ask)).toMatchObject({
          type: 'OutsideRefused',
          message: expect.stringMatching(/refuses these credentials.*AWS_ACCESS_KEY_ID/),
        });
      expect(String(await failure(() => store.get('a')))).not.toContain('not-this-secret');
      expect(inspect(await failure(() => store.get('a')), { depth: 10 })).not.toMatch(/Signature=|not-this-secret/);
    }
  });

  it('names the bucket that does not exist, whatever is asked', async () => {
    const store = createObjectStore(settings({ bucket: 'nowhere-to-be-found' }));
    for (const ask of asks(store))
      expect(await failure(ask)).toMatchObject({
        type: 'OutsideRefused',
        message: expect.stringContaining('"nowhere-to-be-found" does not exist'),
      });
  });

  it('is unreachable when nobody listens, with the address in the message', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const store = createObjectStore(settings({ endpoint }));
    expect(await failure(() => store.get('a'))).toMatchObject({
      type: 'OutsideUnreachable',
      message: expect.stringContaining(endpoint),
    });
  });

  it('is unreachable when the connection is cut in the middle of an answer', async () => {
    const cut = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nonly this');
        socket.end();
      });
    });
    await new Promise<void>((resolve) => cut.listen(0, '127.0.0.1', resolve));
    const address = cut.address();
    const port = address && typeof address === 'object' ? address.port : 0;
    const store = createObjectStore(settings({ endpoint: `http://127.0.0.1:${port}` }));
    expect(await failure(() => store.download('a', '/tmp/ratchet-never-written'))).toMatchObject({
      type: 'OutsideUnreachable',
    });
    expect(await failure(() => store.get('a'))).toMatchObject({ type: 'OutsideUnreachable' });
    cut.close();
  });

  it('works again after the server was killed and started anew', async () => {
    const store = createObjectStore(settings());
    await store.put('survivor', 'still here');
    await server.server.kill();
    expect(await failure(() => store.get('survivor'))).toMatchObject({ type: 'OutsideUnreachable' });
    await server.server.start();
    expect(new TextDecoder().decode((await store.get('survivor')) ?? new Uint8Array())).toBe('still here');
  });
});

/** A file system of its own for one process needs a user namespace, which some machines do not allow. */
const unshare = process.platform === 'linux' && spawnSync('unshare', ['-rm', 'true']).status === 0;
describe.skipIf(!unshare)('a full disk', () => {
  it('is said, and leaves nothing behind', async () => {
    const store = createObjectStore(settings());
    await store.ensureBucket();
    await store.put('large', new Uint8Array(3 * 2 ** 20));
    const code = `
      import { mkdirSync, readdirSync } from 'node:fs';
      import { createObjectStore } from '#adapters/s3/object-store.ts';
      const store = createObjectStore(${JSON.stringify(settings())});
      await store.download('large', process.env.DISK + '/large').catch((error) => console.log(error.type, error.message));
      console.log(JSON.stringify(readdirSync(process.env.DISK)));`;
    const disk = mkdtempSync(join(tmpdir(), 'ratchet-disk-'));
    const run = spawnSync(
      'unshare',
      [
        '-rm',
        'sh',
        '-c',
        'mount -t tmpfs -o size=1m tmpfs "$DISK" && exec "$0" "$@"',
        process.execPath,
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        code,
      ],
      {
        cwd: join(import.meta.dirname, '../..'),
        env: { ...process.env, DISK: disk },
        encoding: 'utf8',
        timeout: 60_000,
      },
    );
    rmSync(disk, { recursive: true });
    expect(run.stdout).toMatch(/^OutsideRefused no space left while downloading large .*free some space/);
    expect(run.stdout.trim().split('\n').at(-1)).toBe('[]');
  });
});

describe('the SDK', () => {
  it('writes nothing to the terminal, whatever the age of Node', () => {
    const code = `
      const { createObjectStore } = await import('#adapters/s3/object-store.ts');
      const store = createObjectStore({ endpoint: 'http://127.0.0.1:1', region: 'r', bucket: 'b', prefix: '', accessKeyId: 'a', secretAccessKey: 's' });
      await store.get('k').catch((error) => console.log(error.type));`;
    const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: undefined };
    const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      cwd: join(import.meta.dirname, '../..'),
      env,
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(run.stderr).toBe('');
    expect(run.stdout.trim()).toBe('OutsideUnreachable');
  });
});
