/** The OpenAPI 3.1 document of the operations, made of the schemas that check requests: its dialect of JSON Schema is zod's. */
import { z } from 'zod';
import { Name } from '#contracts/name-rule.ts';
import type { Operation } from './operation.ts';
import { problemStatus } from './problem.ts';

type Shown = Record<string, unknown>;

const ProblemShape = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  next: z.string().optional().meta({ description: 'What to do next.' }),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  instance: z.string(),
});

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Shown => {
  const { $schema: _dialect, ...shown } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return shown;
};

const parameters = (shape: z.ZodObject, where: 'path' | 'query' | 'header'): Shown[] =>
  Object.entries(schemaOf(shape, 'input').properties ?? {}).map(([name, schema]) => ({
    name,
    in: where,
    required: where === 'path' || !shape.shape[name]?.safeParse(undefined).success,
    schema,
  }));

const security: Record<Operation['access'], Shown[]> = {
  token: [{ bearer: [] }, { basic: [] }],
  signed: [{ bearer: [] }, { basic: [] }, { standardWebhook: [] }],
  github: [{ github: [] }],
};

/** Statuses that any operation of its kind may answer. */
function problems(operation: Operation): number[] {
  const kinds = [
    'invalid-request',
    'unauthenticated',
    'forbidden',
    'unknown-pipeline',
    'misdirected',
    'too-many-requests',
    'unavailable',
  ] as const;
  const ofBodies = ['refused', 'too-large', 'unsupported-media-type', 'unprocessable'] as const;
  return [...new Set([...kinds, ...(operation.body ? ofBodies : [])].map((kind) => problemStatus[kind]))].sort();
}

function shownOperation(operation: Operation): Shown {
  const { id, summary, description, params, query, headers, body, answers } = operation;
  const responses: Shown = {};
  for (const [status, { description, schema, type = 'application/json' }] of Object.entries(answers))
    responses[status] = {
      description,
      ...(schema ? { content: { [type]: { schema: schemaOf(schema, 'output') } } } : {}),
    };
  for (const status of problems(operation)) responses[status] = { $ref: '#/components/responses/Problem' };
  return {
    operationId: id,
    summary,
    ...(description ? { description } : {}),
    security: security[operation.access],
    parameters: [
      { $ref: '#/components/parameters/Pipeline' },
      ...(params ? parameters(params, 'path') : []),
      ...(query ? parameters(query, 'query') : []),
      ...(headers ? parameters(headers, 'header') : []),
    ],
    ...(body
      ? {
          requestBody: {
            required: body.optional !== true,
            content: Object.fromEntries(body.types.map((type) => [type, { schema: schemaOf(body.schema, 'input') }])),
          },
        }
      : {}),
    responses,
  };
}

/** @param version of the product. */
export function openApiDocument(operations: readonly Operation[], version: string): Shown {
  const paths: Record<string, Shown> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: shownOperation(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ratchet gateway',
      version,
      description:
        'Tells the loops of pipelines what happened, asks them for runs, and reads why they did what they did. Whatever is answered 2xx is kept: it needs no second try.',
    },
    paths,
    components: {
      parameters: {
        Pipeline: {
          name: 'name',
          in: 'path',
          required: true,
          description: 'A pipeline that was deployed.',
          schema: schemaOf(Name, 'input'),
        },
      },
      responses: {
        Problem: {
          description: 'It was not done; `detail` says why and `next` what to do.',
          content: { 'application/problem+json': { schema: schemaOf(ProblemShape, 'output') } },
        },
      },
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'Of `ratchet tokens create`. Needed once there is a token.',
        },
        basic: { type: 'http', scheme: 'basic', description: 'Any user name; the token is the password.' },
        github: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Hub-Signature-256',
          description: 'sha256= and the lower-case hex HMAC-SHA256 of the raw body.',
        },
        standardWebhook: {
          type: 'apiKey',
          in: 'header',
          name: 'webhook-signature',
          description: 'With webhook-id and webhook-timestamp, as the Standard Webhooks specification 1.0 has it.',
        },
      },
    },
  };
}
