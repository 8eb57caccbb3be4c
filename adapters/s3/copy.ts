/** Copies within a bucket. One request copies at most 5 GiB; what is larger is copied in parts, which S3 does in any number. */
import type { S3Client } from '@aws-sdk/client-s3';
import { isMissing } from './failures.ts';
import type { Sdk } from './sdk.ts';

export interface Copying {
  readonly bucket: string;
  /** With the prefix. */
  readonly from: string;
  readonly to: string;
  /** Largest object that one request copies, and size of a part otherwise; bytes. Default 4 GiB. */
  readonly part?: number;
}

const PART = 4 * 1024 ** 3;

/** @returns false when nothing is there */
export async function copyObject(
  { sdk, client }: { sdk: Sdk; client: S3Client },
  { bucket: Bucket, from, to, part = PART }: Copying,
): Promise<boolean> {
  const CopySource = `${Bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
  try {
    const { ContentLength: bytes = 0, ContentType } = await client.send(
      new sdk.HeadObjectCommand({ Bucket, Key: from }),
    );
    if (bytes <= part) await client.send(new sdk.CopyObjectCommand({ Bucket, Key: to, CopySource }));
    else await inParts({ sdk, client }, { Bucket, Key: to, CopySource, ContentType, bytes, part });
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function inParts(
  { sdk, client }: { sdk: Sdk; client: S3Client },
  given: {
    Bucket: string;
    Key: string;
    CopySource: string;
    ContentType: string | undefined;
    bytes: number;
    part: number;
  },
): Promise<void> {
  const { Bucket, Key, CopySource, ContentType, bytes, part } = given;
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand({ Bucket, Key, ContentType }));
  try {
    const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
    for (let from = 0; from < bytes; from += part) {
      const PartNumber = Parts.length + 1;
      const { CopyPartResult } = await client.send(
        new sdk.UploadPartCopyCommand({
          ...{ Bucket, Key, CopySource, UploadId, PartNumber },
          CopySourceRange: `bytes=${from}-${Math.min(from + part, bytes) - 1}`,
        }),
      );
      Parts.push({ ETag: CopyPartResult?.ETag, PartNumber });
    }
    await client.send(new sdk.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined);
    throw error;
  }
}
