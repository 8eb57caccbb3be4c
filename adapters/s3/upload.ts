/** Writes a file of any size as one object, in memory that does not depend on its size. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { type PartLimits, partSize, s3Limits } from './part-size.ts';
import type { Sdk } from './sdk.ts';

export interface Uploading {
  readonly path: string;
  readonly bucket: string;
  /** With the prefix. */
  readonly key: string;
  readonly limits?: PartLimits | undefined;
  readonly signal?: AbortSignal | undefined;
}

const AT_ONCE = 4;
/** Of a part, as of every other request: the SDK repeats none whose body is a stream. */
const ATTEMPTS = 3;
const PIECE = 1024 * 1024;

export async function uploadFile(connection: { sdk: Sdk; client: S3Client }, given: Uploading): Promise<void> {
  const { path, bucket: Bucket, key: Key, limits = s3Limits, signal } = given;
  const { sdk, client } = connection;
  const { size } = await stat(path);
  const target = { Bucket, Key, ContentType: 'application/octet-stream' };
  if (size <= limits.least) {
    await client.send(new sdk.PutObjectCommand({ ...target, Body: await readFile(path) }), options(signal));
    return;
  }
  const part = partSize(size, limits);
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(target), options(signal));
  const Parts: { ETag: string | undefined; PartNumber: number }[] = Array.from(
    { length: Math.ceil(size / part) },
    (_, index) => ({ ETag: undefined, PartNumber: index + 1 }),
  );
  try {
    // A part that fails ends the others, too.
    const failed = new AbortController();
    const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
    const waiting = Parts.values();
    const oneAfterTheOther = async () => {
      for (const each of waiting) {
        const start = (each.PartNumber - 1) * part;
        const range = { start, end: Math.min(start + part, size) - 1 };
        const place = { Bucket, Key, UploadId, PartNumber: each.PartNumber };
        each.ETag = await sendPart(connection, place, path, range, stop);
      }
    };
    await Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        oneAfterTheOther().catch((error: unknown) => {
          failed.abort(error);
          throw error;
        }),
      ),
    );
    const whole = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
    await client.send(new sdk.CompleteMultipartUploadCommand(whole), options(signal));
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined);
    throw error;
  }
}

const options = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {});

/** The bytes are read twice, first for the digest that signs them: a part may be larger than what memory is for. */
async function sendPart(
  { sdk, client }: { sdk: Sdk; client: S3Client },
  place: { Bucket: string; Key: string; UploadId: string | undefined; PartNumber: number },
  path: string,
  range: { start: number; end: number },
  signal: AbortSignal,
): Promise<string | undefined> {
  const bytes = () => createReadStream(path, { ...range, highWaterMark: PIECE });
  const hash = createHash('sha256');
  await pipeline(bytes(), hash, { signal });
  const digest = hash.digest('hex');
  for (let attempt = 1; ; attempt++) {
    const Body = bytes();
    const command = new sdk.UploadPartCommand({ ...place, Body, ContentLength: range.end - range.start + 1 });
    command.middlewareStack.add(
      (next) => (args) => {
        Object.assign((args.request as { headers: Record<string, string> }).headers, {
          'x-amz-content-sha256': digest,
        });
        return next(args);
      },
      { step: 'build', name: 'signedBody' },
    );
    try {
      return (await client.send(command, { abortSignal: signal })).ETag;
    } catch (error) {
      if (attempt === ATTEMPTS || signal.aborted || !mayPass(error)) throw error;
      await delay(100 * attempt, undefined, { signal });
    } finally {
      Body.destroy();
    }
  }
}

/** The connection, or a server that is busy. */
function mayPass(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === undefined || status >= 500 || status === 429;
}
