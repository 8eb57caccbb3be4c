/** CloudEvents 1.0 over HTTP: structured, binary, and batches; data as JSON or base64. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type EvidenceKind, evidenceKinds, evidenceShapes } from '#contracts/loop/evidence.ts';
import { Problem } from '../problem.ts';
import { type Mapped, type MappedEvidence, shortened } from './mapped.ts';

const Text = z.string().min(1).max(1_000);
export const CloudEvent = z
  .looseObject({
    specversion: z.literal('1.0'),
    id: Text,
    source: Text,
    type: Text,
    subject: Text.optional(),
    time: z.iso.datetime({ offset: true }).optional(),
    datacontenttype: z.string().max(300).optional(),
    dataschema: z.string().max(1_000).optional(),
    data: z.unknown().optional(),
    data_base64: z.base64().optional(),
  })
  .refine(
    (event) => event.data === undefined || event.data_base64 === undefined,
    'data and data_base64 exclude each other',
  );
export type CloudEvent = z.output<typeof CloudEvent>;
export const CloudEventBatch = z.array(CloudEvent).max(1_000);

/** Types of our own: `dev.ratchet.metricObserved` carries what the signal of that name does. */
const OWN = 'dev.ratchet.';

/**
 * An event of a type of ours brings that kind of evidence; any other says that data arrived, and how many rows when its data
 * has a whole number `rows`. Source and id together name an event, as the specification has it.
 *
 * @throws Problem unprocessable when an event of ours does not carry what its type promises.
 */
export function mapCloudEvents(events: readonly CloudEvent[], now: number): Mapped {
  return { events: events.map((event, index) => told(event, index, now)), ignored: null };
}

function told(event: CloudEvent, index: number, now: number): MappedEvidence {
  const origin = {
    id: `ce:${createHash('sha256')
      .update(JSON.stringify([event.source, event.id]))
      .digest('hex')}`,
    at: new Date(event.time ?? now).toISOString(),
    source: 'cloudevents',
    who: shortened(event.source, 200),
  };
  const data = dataOf(event);
  const kind = event.type.startsWith(OWN) ? evidenceKinds.find((one) => event.type === OWN + one) : undefined;
  if (event.type.startsWith(OWN)) return own(kind, data, origin, event.type, index);
  const name = [event.source, event.subject].filter(Boolean).join('#');
  return {
    kind: 'dataArrived',
    ...origin,
    partitions: [{ name: `${shortened(name, 900)}@${event.id.slice(0, 100)}`, rows: rowsIn(data) }],
  };
}

function own(
  kind: EvidenceKind | undefined,
  data: unknown,
  origin: object,
  type: string,
  index: number,
): MappedEvidence {
  const wanted = evidenceKinds.map((one) => OWN + one).join(', ');
  if (!kind)
    throw new Problem('unprocessable', `Event ${index}: there is no type ${type.slice(0, 100)}.`, {
      next: `Types are ${wanted}; any type that does not begin with ${OWN} means that data arrived.`,
    });
  const given = isObject(data) ? data : {};
  const parsed = evidenceShapes[kind].safeParse({ ...given, ...origin });
  if (parsed.success) return { kind, ...parsed.data } as MappedEvidence;
  throw new Problem('unprocessable', `Event ${index}: its data is not what ${type} carries.`, {
    errors: parsed.error.issues.map(({ path, message }) => ({ path: ['data', ...path].join('.'), message })),
  });
}

function dataOf(event: CloudEvent): unknown {
  if (event.data_base64 === undefined || !/^application\/(.+\+)?json\b/.test(event.datacontenttype ?? ''))
    return event.data;
  try {
    return JSON.parse(Buffer.from(event.data_base64, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}

function rowsIn(data: unknown): number | null {
  const rows = isObject(data) ? data.rows : null;
  return typeof rows === 'number' && Number.isSafeInteger(rows) && rows >= 0 ? rows : null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The attributes of binary mode: `ce-…` headers, percent-encoded outside of printable ASCII. Null: it is not binary mode. */
export function binaryAttributes(headers: Headers): Record<string, string> | null {
  if (!headers.has('ce-specversion')) return null;
  const attributes: Record<string, string> = Object.create(null);
  headers.forEach((value, name) => {
    if (/^ce-[a-z0-9]{1,40}$/.test(name)) attributes[name.slice(3)] = percentDecoded(value);
  });
  const type = headers.get('content-type');
  return { ...attributes, ...(type ? { datacontenttype: type } : {}) };
}

function percentDecoded(value: string): string {
  const quoted = /^"(.*)"$/.exec(value)?.[1]?.replace(/\\(.)/g, '$1') ?? value;
  try {
    return decodeURIComponent(quoted);
  } catch {
    return quoted;
  }
}
