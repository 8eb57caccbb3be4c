/** Event notifications of S3 and of stores that speak like it: objects that were created are data that arrived. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { cleanEtag, objectPartition } from '#contracts/partition.ts';
import type { Mapped, MappedEvidence } from './mapped.ts';

const EventRecord = z.looseObject({
  eventVersion: z.string().regex(/^2\.\d{1,3}$/, 'event notifications of version 2 are understood'),
  eventTime: z.iso.datetime({ offset: true }),
  /** `ObjectCreated:Put`; MinIO and others write `s3:ObjectCreated:Put`. */
  eventName: z.string().max(100),
  s3: z.looseObject({
    bucket: z.looseObject({ name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/) }),
    object: z.looseObject({
      key: z.string().min(1).max(3_072),
      size: z.number().int().nonnegative().optional(),
      eTag: z.string().max(200).optional(),
      versionId: z.string().max(1_024).nullish(),
      sequencer: z
        .string()
        .regex(/^[0-9A-Fa-f]{1,64}$/)
        .optional(),
    }),
  }),
});
type EventRecord = z.output<typeof EventRecord>;
/** S3 sends this once, when notifications are set up: without records. */
const TestEvent = z.looseObject({ Event: z.literal('s3:TestEvent'), Bucket: z.string().max(300) });
export const S3Body = z.union([z.looseObject({ Records: z.array(EventRecord).max(1_000) }), TestEvent]);
export type S3Body = z.output<typeof S3Body>;

export function mapS3(body: S3Body): Mapped {
  if (!('Records' in body) || !Array.isArray(body.Records)) return { events: [], ignored: 'a test event of S3' };
  const records = body.Records as EventRecord[];
  const created = records.filter(({ eventName }) => /^(s3:)?ObjectCreated:/.test(eventName));
  const left = records.length - created.length;
  return {
    events: created.map(told),
    ignored: left > 0 ? `${left} of ${records.length} records tell of no new object` : null,
  };
}

/**
 * The same write has the same id, whoever tells of it and however often: bucket, key and what is new with each write of that
 * key, the version, else the sequencer, else the ETag with the time.
 */
function told(record: EventRecord): MappedEvidence {
  const { bucket, object } = record.s3;
  const key = decodedKey(object.key);
  const write =
    object.versionId && object.versionId !== 'null'
      ? `v${object.versionId}`
      : object.sequencer
        ? `s${sequence(object.sequencer)}`
        : `e${object.eTag ?? ''}@${record.eventTime}`;
  const name = createHash('sha256')
    .update(JSON.stringify([bucket.name, key, write]))
    .digest('hex');
  return {
    kind: 'dataArrived',
    id: `s3:${name}`,
    at: new Date(record.eventTime).toISOString(),
    source: 's3',
    who: bucket.name,
    partitions: [{ name: objectPartition(`s3://${bucket.name}/${key}`, cleanEtag(object.eTag)), rows: null }],
  };
}

/**
 * Keys come as forms have them: `+` is a space, then percent signs. One that is not well formed is taken as it stands.
 * @internal
 */
export function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

/** Sequencers are hexadecimal numbers of different lengths: the same one with leading zeros is the same. @internal */
export const sequence = (sequencer: string): string => sequencer.toLowerCase().padStart(64, '0');
