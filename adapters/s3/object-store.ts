/** The object store over any S3 API. Only this folder speaks S3. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import { UserError } from '#contracts/failures.ts';
import type { ObjectStore, UnfinishedUploads } from '#ports/store.ts';
import { copyObject } from './copy.ts';
import { explain, isMissing, nameOf, type Place } from './failures.ts';
import { keysOf } from './keys.ts';
import type { PartLimits } from './part-size.ts';
import { connect, type S3Settings } from './sdk.ts';
import { uploadFile } from './upload.ts';

export interface ObjectStoreSettings extends S3Settings {
  bucket: string;
  /** Put before every key; '' for none. */
  prefix: string;
  /** Larger objects are copied in parts of this size, bytes; default 4 GiB. */
  copyPart?: number;
  /** In what parts a large file goes up; default S3's own limits. */
  uploadParts?: PartLimits;
}

export interface StoreInBucket extends ObjectStore, UnfinishedUploads {
  /** Makes the bucket when it is missing; safe to repeat and to do twice at once. */
  ensureBucket(): Promise<void>;
  /** Loads the SDK, which the first call would wait for. */
  open(): void;
  /** Ends idle connections. */
  close(): Promise<void>;
}

/** An {@link ObjectStore} in one bucket. Nothing is asked, and the SDK is not even loaded, before the first call. */
export function createObjectStore(settings: ObjectStoreSettings): StoreInBucket {
  const { bucket: Bucket } = settings;
  const keys = keysOf(Bucket, settings.prefix);
  const place: Place = { at: settings.endpoint ?? `Amazon S3 (${settings.region})`, bucket: Bucket };
  let connection: ReturnType<typeof connect> | undefined;
  const s3 = () => {
    connection ??= connect(settings);
    return connection;
  };
  async function asking<T>(doing: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      signal?.throwIfAborted();
      return await work();
    } catch (error) {
      throw explain(error, place, doing, signal);
    }
  }

  // A HEAD that answers 404 has no body, so it cannot say that the bucket itself is missing: asked once.
  let bucketSeen: Promise<void> | undefined;
  async function checkBucket(): Promise<void> {
    bucketSeen ??= s3().then(async ({ sdk, client }) => {
      await client.send(new sdk.HeadBucketCommand({ Bucket })).catch((error) => {
        throw isMissing(error) ? Object.assign(new Error('no such bucket'), { name: 'NoSuchBucket' }) : error;
      });
    });
    try {
      await bucketSeen;
    } catch (error) {
      bucketSeen = undefined;
      throw error;
    }
  }

  return {
    uri: keys.uri,
    key: keys.key,

    get: (key) =>
      asking(`reading ${key}`, async () => {
        const { sdk, client } = await s3();
        try {
          const answer = await client.send(new sdk.GetObjectCommand({ Bucket, Key: keys.full(key) }));
          return answer.Body ? await answer.Body.transformToByteArray() : new Uint8Array();
        } catch (error) {
          if (isMissing(error)) return null;
          throw error;
        }
      }),

    part: (key, from, bytes, signal) =>
      asking(
        `reading the bytes ${from} to ${from + bytes} of ${key}`,
        async () => {
          const { sdk, client } = await s3();
          const options = signal ? { abortSignal: signal } : {};
          const Range = `bytes=${from}-${from + bytes - 1}`;
          try {
            const answer = await client.send(new sdk.GetObjectCommand({ Bucket, Key: keys.full(key), Range }), options);
            return answer.Body ? await answer.Body.transformToByteArray() : new Uint8Array();
          } catch (error) {
            if (isMissing(error) || nameOf(error) === 'InvalidRange') return null;
            throw error;
          }
        },
        signal,
      ),

    head: (key, signal) =>
      asking(
        `looking for ${key}`,
        async () => {
          const { sdk, client } = await s3();
          const options = signal ? { abortSignal: signal } : {};
          try {
            const answer = await client.send(new sdk.HeadObjectCommand({ Bucket, Key: keys.full(key) }), options);
            return { bytes: answer.ContentLength ?? 0 };
          } catch (error) {
            if (!isMissing(error)) throw error;
            await checkBucket();
            return null;
          }
        },
        signal,
      ),

    put: (key, body, contentType) =>
      asking(`writing ${key}`, async () => {
        const { sdk, client } = await s3();
        const bytes = typeof body === 'string' ? Buffer.from(body) : body;
        await client.send(
          new sdk.PutObjectCommand({
            Bucket,
            Key: keys.full(key),
            Body: bytes,
            // Without it the SDK warns on the terminal of a stream when the body is empty.
            ContentLength: bytes.length,
            ContentType: contentType ?? 'application/octet-stream',
          }),
        );
      }),

    download: (key, path, signal) =>
      asking(
        `downloading ${key}`,
        async () => {
          const { sdk, client } = await s3();
          const options = signal ? { abortSignal: signal } : {};
          const answer = await client
            .send(new sdk.GetObjectCommand({ Bucket, Key: keys.full(key) }), options)
            .catch((error) => {
              throw isMissing(error) ? missing(keys.uri(key), error) : error;
            });
          await mkdir(dirname(path), { recursive: true });
          // The name is of this call alone: two processes may fetch the same file, and either's rename is right.
          const partial = `${path}.${randomUUID()}.part`;
          try {
            await pipeline(answer.Body as Readable, createWriteStream(partial, { flags: 'wx' }), { signal });
            await refuseShort(partial, answer.ContentLength, key);
            await rename(partial, path);
          } finally {
            await rm(partial, { force: true });
          }
        },
        signal,
      ),

    upload: (path, key, signal) =>
      asking(
        `uploading ${key}`,
        async () =>
          uploadFile(await s3(), { path, bucket: Bucket, key: keys.full(key), limits: settings.uploadParts, signal }),
        signal,
      ),

    async *list(prefix, signal) {
      const { sdk, client } = await s3();
      // A prefix may end with "/" and may be empty, so it is not checked as a key is.
      const start = keys.head + prefix;
      let token: string | undefined;
      do {
        const page = await asking(
          `listing ${prefix || 'the store'}`,
          () =>
            client.send(
              new sdk.ListObjectsV2Command({ Bucket, Prefix: start, ContinuationToken: token }),
              signal ? { abortSignal: signal } : {},
            ),
          signal,
        );
        for (const item of page.Contents ?? [])
          if (item.Key && !item.Key.endsWith('/'))
            yield {
              key: keys.bare(item.Key),
              bytes: item.Size ?? 0,
              modified: item.LastModified ?? new Date(0),
              etag: item.ETag,
            };
        token = page.NextContinuationToken;
      } while (token);
    },

    delete: (key) =>
      asking(`deleting ${key}`, async () => {
        const { sdk, client } = await s3();
        await client.send(new sdk.DeleteObjectCommand({ Bucket, Key: keys.full(key) })).catch((error) => {
          if (!isMissing(error)) throw error;
        });
      }),

    copy: (from, to) =>
      asking(`copying ${from}`, async () =>
        copyObject(await s3(), {
          bucket: Bucket,
          from: keys.full(from),
          to: keys.full(to),
          ...(settings.copyPart === undefined ? {} : { part: settings.copyPart }),
        }),
      ),

    async *unfinished() {
      const { sdk, client } = await s3();
      let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | null = {};
      while (next !== null) {
        const from = { Bucket, Prefix: keys.head, ...next };
        const page: ListMultipartUploadsCommandOutput = await asking('listing unfinished uploads', () =>
          client.send(new sdk.ListMultipartUploadsCommand(from)),
        );
        for (const { Key, UploadId, Initiated } of page.Uploads ?? [])
          if (Key && UploadId && Initiated) yield { key: keys.bare(Key), id: UploadId, began: Initiated };
        next = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : null;
      }
    },

    giveUp: ({ key, id }) =>
      asking(`giving up an unfinished upload of ${key}`, async () => {
        const { sdk, client } = await s3();
        await client
          .send(new sdk.AbortMultipartUploadCommand({ Bucket, Key: keys.full(key), UploadId: id }))
          .catch((error) => {
            if (!isMissing(error) && nameOf(error) !== 'NoSuchUpload') throw error;
          });
      }),

    link: (key, seconds) =>
      asking(`signing a link to ${key}`, async () => {
        const { sdk, client } = await s3();
        const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
        return getSignedUrl(client, new sdk.GetObjectCommand({ Bucket, Key: keys.full(key) }), { expiresIn: seconds });
      }),

    ensureBucket: () =>
      asking(`making the bucket "${Bucket}"`, async () => {
        const { sdk, client } = await s3();
        try {
          await client.send(new sdk.HeadBucketCommand({ Bucket }));
        } catch (error) {
          if (!isMissing(error)) throw error;
          await client.send(new sdk.CreateBucketCommand({ Bucket })).catch((reason) => {
            if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes(nameOf(reason))) throw reason;
          });
        }
      }),

    open: () => void s3().catch(() => {}),

    close: async () => {
      if (connection) (await connection).client.destroy();
    },
  };
}

function missing(uri: string, cause: unknown): UserError {
  return new UserError(
    'OutsideRefused',
    `${uri} is not in the store any more: run the pipeline again, and the step that made it makes it anew`,
    { cause },
  );
}

async function refuseShort(path: string, expected: number | undefined, key: string): Promise<void> {
  const { size } = await stat(path);
  if (expected !== undefined && size !== expected)
    throw new Error(`the connection ended after ${size} of ${expected} bytes of ${key}`);
}
