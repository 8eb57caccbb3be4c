/** `POST …/triggers` and `POST …/labels`: evidence of the caller's own. */
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { evidenceShapes } from '#contracts/loop/evidence.ts';
import { reservedId } from '#contracts/names.ts';
import { Acknowledged, deliver } from '../deliver.ts';
import { sameRequest } from '../guard/known-keys.ts';
import { type Asked, BODY_LIMIT, defineOperation, json, type Services } from '../operation.ts';
import { type MappedEvidence, shortened } from '../webhooks/mapped.ts';

/** What a caller says of its event; where it comes from and who told it, we know better. */
const told = { source: true, who: true } as const;
const shapes = {
  dataArrived: evidenceShapes.dataArrived.omit(told),
  driftMeasured: evidenceShapes.driftMeasured.omit({ ...told, result: true }),
  metricObserved: evidenceShapes.metricObserved.omit({ ...told, result: true }),
  codeChanged: evidenceShapes.codeChanged.omit(told),
  fired: evidenceShapes.fired.omit(told).extend({ trigger: z.enum(['manual', 'upstream']).default('manual') }),
  skewMeasured: evidenceShapes.skewMeasured.omit({ ...told, result: true }),
  labelsArrived: evidenceShapes.labelsArrived.omit(told),
};
const named = {
  id: shapes.fired.shape.id
    .refine((id) => !reservedId.test(id), 'schedule/, watch/ and upstream/ begin ids that Ratchet gives itself')
    .optional()
    .meta({
      description:
        'Names the event, not its delivery, among those of the same token. Default: made of the Idempotency-Key, else a new one.',
    }),
  at: shapes.fired.shape.at.optional().meta({ description: 'When it happened. Default: now.' }),
};

const TriggerBody = z.discriminatedUnion('kind', [
  shapes.dataArrived.extend({ ...named, kind: z.literal('dataArrived') }),
  shapes.driftMeasured.extend({ ...named, kind: z.literal('driftMeasured') }),
  shapes.metricObserved.extend({ ...named, kind: z.literal('metricObserved') }),
  shapes.codeChanged.extend({ ...named, kind: z.literal('codeChanged') }),
  shapes.skewMeasured.extend({ ...named, kind: z.literal('skewMeasured') }),
  shapes.fired.extend({ ...named, kind: z.literal('fired') }),
]);
const LabelsBody = shapes.labelsArrived.extend(named);

export const IdempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'a key is 1 to 200 printable characters without spaces; a UUID is a good one')
    .optional()
    .meta({
      description: 'The same key by the same caller for the same pipeline is the same request, however often it comes.',
    }),
});

/**
 * The id of what a request asks for: its own, else one made of caller, pipeline and key, so that a request that is sent again
 * is known again by the loop itself, whichever gateway it reaches and whenever.
 *
 * @throws Problem unprocessable for a key that came with another body.
 */
export function requestId(
  kind: string,
  { caller, pipeline, headers, bytes }: Pick<Asked<unknown, unknown>, 'caller' | 'pipeline' | 'headers' | 'bytes'>,
  own?: string,
): string {
  if (own !== undefined) return own;
  const key = headers.get('idempotency-key');
  if (key === null) return `${kind}:${randomUUID()}`;
  const name = JSON.stringify([caller.key, pipeline, kind, key]);
  const id = `${kind}:${createHash('sha256').update(name).digest('hex')}`;
  sameRequest(id, bytes);
  return id;
}

/** Which event it is, when it happened, and who says so. */
function origin(kind: string, asked: Asked<unknown, { id?: string; at?: string }>, services: Pick<Services, 'now'>) {
  return {
    id: requestId(kind, asked, asked.body.id),
    at: asked.body.at ?? new Date(services.now()).toISOString(),
    source: 'gateway',
    who: shortened(asked.caller.name, 200),
  };
}

const answers = {
  202: { description: 'The loop has it.', schema: Acknowledged },
} as const;

export const postTrigger = defineOperation({
  id: 'postTrigger',
  method: 'post',
  path: '/v1/pipelines/{name}/triggers',
  summary: 'Tell the loop of an event',
  description:
    'Data that came, drift, skew or a metric that was measured, code that changed, or a plain wish. The loop decides what comes of it: see `decisions`. Answered when the loop has it for good.',
  access: 'token',
  verb: 'trigger',
  headers: IdempotencyHeader,
  body: { schema: TriggerBody, types: json, limit: BODY_LIMIT },
  answers,
  handle: (asked, services) => {
    // A union over the kinds, which the spread of one of them does not keep.
    const event = { ...asked.body, ...origin('trigger', asked, services) } as MappedEvidence;
    return deliver(asked, { events: [event], ignored: null }, services);
  },
});

export const postLabels = defineOperation({
  id: 'postLabels',
  method: 'post',
  path: '/v1/pipelines/{name}/labels',
  summary: 'Tell the loop that labels are complete up to a time',
  description: 'Provisional promotions whose cohort ends before are judged again.',
  access: 'token',
  verb: 'labels',
  headers: IdempotencyHeader,
  body: { schema: LabelsBody, types: json, limit: BODY_LIMIT },
  answers,
  handle: (asked, services) => {
    const event: MappedEvidence = { ...asked.body, kind: 'labelsArrived', ...origin('labels', asked, services) };
    return deliver(asked, { events: [event], ignored: null }, services);
  },
});
