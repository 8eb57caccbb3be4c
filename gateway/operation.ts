/** One thing that can be asked of the gateway: from it come the route, the checks before it and its place in the OpenAPI document. */
import type { z } from 'zod';
import type { Caller } from './access/caller.ts';
import type { Verb } from './access/scope.ts';
import type { Loops } from './loops.ts';
import type { Runs } from './runs.ts';

export interface Services {
  loops: Loops;
  runs: Runs;
  now(): number;
  /** Aborted when the gateway stops: streams end. */
  closing: AbortSignal;
}

/** A request whose caller, names, query and body have been checked. */
export interface Asked<Query, Body> {
  /** Of this request: in the answer's `x-request-id`, in the audit log, in problems. */
  request: string;
  caller: Caller;
  /** Empty where the path names none. */
  pipeline: string;
  params: Readonly<Record<string, string>>;
  query: Query;
  body: Body;
  /** The body as it came. */
  bytes: Uint8Array;
  headers: Headers;
  signal: AbortSignal;
}

export interface Answered {
  status: number;
  /** JSON. */
  body?: unknown;
  /** Instead of `body`. */
  stream?: ReadableStream<Uint8Array>;
  headers?: Record<string, string>;
  /** Ids of what the loop acknowledged, for the audit log. */
  triggers?: readonly string[];
}

/**
 * Who may: `token` who has a scope for the verb; `github` who signs as GitHub does; `signed` who has a scope, or signs as the
 * Standard Webhooks specification has it.
 */
type Access = 'token' | 'github' | 'signed';

export interface Operation {
  id: string;
  method: 'get' | 'post';
  /** As OpenAPI writes it: `/v1/pipelines/{name}/runs`. */
  path: string;
  summary: string;
  description?: string;
  access: Access;
  verb: Verb;
  /** Path parameters beside `name`. */
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: { schema: z.ZodType; types: readonly string[]; limit: number; optional?: boolean };
  answers: Readonly<Record<number, { description: string; schema?: z.ZodType; type?: string }>>;
  handle(asked: Asked<unknown, unknown>, services: Services): Promise<Answered>;
}

/** Ties the types of query and body to the schemas that check them. */
export function defineOperation<
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
>(
  operation: Omit<Operation, 'query' | 'body' | 'handle'> & {
    query?: Query;
    body?: { schema: Body; types: readonly string[]; limit: number; optional?: boolean };
    handle(asked: Asked<z.output<Query>, z.output<Body>>, services: Services): Promise<Answered>;
  },
): Operation {
  // What is passed to `handle` was made by these very schemas: see `ask.ts`.
  return operation as Operation;
}

export const json = ['application/json'] as const;
/** Bytes. What is asked of us is short; what is large lies in the store. */
export const BODY_LIMIT = 256 * 1024;
