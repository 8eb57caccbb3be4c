/** In how large parts an object is written. Pure. */
import { UserError } from '#contracts/failures.ts';

export interface PartLimits {
  /** What is no larger goes up in one request, and what is larger in parts of at least this size; bytes. */
  readonly least: number;
  /** Bytes of the largest part. */
  readonly largest: number;
  /** Parts of one object. */
  readonly most: number;
}

const MIB = 2 ** 20;

/** `most` and `largest` are S3's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const s3Limits: PartLimits = { least: 16 * MIB, largest: 5 * 1024 * MIB, most: 10_000 };

/**
 * Bytes of every part but the last: `least` as long as the parts are few enough (an ETag made of parts stays what it was), then
 * as much as is needed, in whole MiB where that fits.
 * @throws UserError OutsideRefused for more bytes than `most` parts can hold
 */
export function partSize(bytes: number, { least, largest, most }: PartLimits = s3Limits): number {
  if (bytes <= least * most) return least;
  const needed = Math.ceil(bytes / most);
  if (needed > largest)
    throw new UserError(
      'OutsideRefused',
      `a file of ${bytes} bytes is too large for the store: an object has at most ${most} parts of ${largest} bytes, which are ${most * largest}; make the dataset smaller, for example of a shorter time or of fewer columns`,
    );
  return Math.min(largest, Math.ceil(needed / MIB) * MIB);
}
