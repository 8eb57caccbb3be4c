/** `POST …/webhooks/*`: events of systems that know nothing of Ratchet. */
import { z } from 'zod';
import { authorize } from '../access/caller.ts';
import { Acknowledged, deliver } from '../deliver.ts';
import { parseJson } from '../guard/body.ts';
import { defineOperation, json } from '../operation.ts';
import { Problem } from '../problem.ts';
import { AlertmanagerBody, mapAlerts } from '../webhooks/alertmanager.ts';
import { binaryAttributes, CloudEvent, CloudEventBatch, mapCloudEvents } from '../webhooks/cloudevents.ts';
import { GithubPush, mapPush, OLDEST_PUSH_MS, pushedAt } from '../webhooks/github.ts';
import { mapS3, S3Body } from '../webhooks/s3.ts';

const acknowledged = { description: 'The loop has what the body tells.', schema: Acknowledged } as const;
const nothing = { description: 'Understood; it tells of nothing that starts a run.', schema: Acknowledged } as const;
const answers = { 200: nothing, 202: acknowledged } as const;

export const githubWebhook = defineOperation({
  id: 'githubWebhook',
  method: 'post',
  path: '/v1/pipelines/{name}/webhooks/github',
  summary: 'A push to GitHub: the paths that it changed',
  description:
    'Signed with the secret that RATCHET_GITHUB_SECRET names. Pushes to the default branch count, or to `branch`; ping, deleted branches and tags are answered and ignored.',
  access: 'github',
  verb: 'trigger',
  query: z.strictObject({ branch: z.string().min(1).max(300).optional() }),
  headers: z.object({ 'x-github-event': z.string().min(1).max(100) }),
  // GitHub cuts nothing below 25 MB; a push of two thousand commits takes a few.
  body: { schema: z.unknown(), types: json, limit: 8 * 1024 * 1024 },
  answers,
  handle: async (asked, services) => {
    const { pipeline, body, bytes, headers, query } = asked;
    const event = headers.get('x-github-event') ?? '';
    if (event !== 'push')
      return deliver(asked, { events: [], ignored: `"${event.slice(0, 40)}" is not a push` }, services);
    const push = GithubPush.safeParse(body);
    if (!push.success) throw notThat('a push of GitHub', push.error);
    const at = pushedAt(push.data);
    if (at !== null && services.now() - at > OLDEST_PUSH_MS)
      throw new Problem('stale', 'The push is older than the three days in which GitHub sends again.', {
        next: `POST /v1/pipelines/${pipeline}/triggers tells of an older change.`,
      });
    return deliver(asked, mapPush(push.data, bytes, services.now(), query.branch), services);
  },
});

export const alertmanagerWebhook = defineOperation({
  id: 'alertmanagerWebhook',
  method: 'post',
  path: '/v1/pipelines/{name}/webhooks/alertmanager',
  summary: 'Alerts of Prometheus Alertmanager, version 4',
  description:
    'With a token as bearer credentials or as the password of basic authentication. Each alert that fires is one event; that it is resolved, none.',
  access: 'token',
  verb: 'trigger',
  body: { schema: AlertmanagerBody, types: json, limit: 2 * 1024 * 1024 },
  answers,
  handle: (asked, services) => deliver(asked, mapAlerts(asked.body), services),
});

export const s3Webhook = defineOperation({
  id: 's3Webhook',
  method: 'post',
  path: '/v1/pipelines/{name}/webhooks/s3',
  summary: 'Event notifications of S3: objects that were created',
  access: 'signed',
  verb: 'trigger',
  body: { schema: S3Body, types: json, limit: 2 * 1024 * 1024 },
  answers,
  handle: (asked, services) => deliver(asked, mapS3(asked.body), services),
});

const structured = 'application/cloudevents+json';
const batch = 'application/cloudevents-batch+json';

export const cloudEventsWebhook = defineOperation({
  id: 'cloudEventsWebhook',
  method: 'post',
  path: '/v1/pipelines/{name}/webhooks/cloudevents',
  summary: 'CloudEvents 1.0: structured, binary or batched',
  description:
    'Types dev.ratchet.dataArrived, …driftMeasured, …metricObserved, …codeChanged, …skewMeasured and …fired carry what POST …/triggers takes, …labelsArrived what POST …/labels takes, with its scope; any other type means that data arrived, `data.rows` rows of it.',
  access: 'signed',
  verb: 'trigger',
  headers: z.object({
    'ce-specversion': z.string().optional().meta({ description: 'Binary mode, with the other ce- headers.' }),
  }),
  // The attributes of binary mode come as headers, and its data may be anything.
  body: { schema: z.unknown(), types: [structured, batch, '*/*'], limit: 1024 * 1024, optional: true },
  answers,
  handle: async (asked, services) => {
    const { pipeline, caller, bytes, headers } = asked;
    const mapped = mapCloudEvents(readCloudEvents(bytes, headers), services.now());
    if (mapped.events.some(({ kind }) => kind === 'labelsArrived')) authorize(caller, pipeline, 'labels');
    return deliver(asked, mapped, services);
  },
});

/** @throws Problem */
function readCloudEvents(bytes: Uint8Array, headers: Headers): CloudEvent[] {
  const type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === batch) return read(CloudEventBatch, parseJson(bytes));
  if (type === structured) return [read(CloudEvent, parseJson(bytes))];
  const attributes = binaryAttributes(headers);
  if (!attributes)
    throw new Problem('unsupported-media-type', 'This is no CloudEvent.', {
      next: `Send ${structured}, ${batch}, or the ce- headers of binary mode.`,
    });
  const isJson = /^application\/(.+\+)?json$/.test(type ?? '');
  const data =
    bytes.length === 0
      ? {}
      : isJson
        ? { data: parseJson(bytes) }
        : { data_base64: Buffer.from(bytes).toString('base64') };
  return [read(CloudEvent, { ...attributes, ...data })];
}

function read<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw notThat('a CloudEvent', parsed.error);
}

const notThat = (what: string, { issues }: z.ZodError) =>
  new Problem('unprocessable', `The body is not ${what}.`, {
    errors: issues.slice(0, 20).map(({ path, message }) => ({ path: path.join('.'), message })),
  });
