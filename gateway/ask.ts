/** From a request to an operation's answer: who asks, whether they may, whether what they ask is well formed. In this order. */
import { isGrpcServiceError } from '@temporalio/client';
import { UserError } from '#contracts/failures.ts';
import { Name } from '#contracts/name-rule.ts';
import { authorize, type Caller, identify, signedCaller } from './access/caller.ts';
import type { TokenStore } from './access/token-store.ts';
import { type BodyBudget, guardLength, parseJson, readBody } from './guard/body.ts';
import { guardContentType } from './guard/content-type.ts';
import { addressKey, type Rate } from './guard/rate.ts';
import { type Signing, verified } from './guard/signed-delivery.ts';
import { UnknownPipeline } from './loops.ts';
import type { Answered, Asked, Operation, Services } from './operation.ts';
import { Problem } from './problem.ts';

export interface Guards extends Signing {
  tokens: TokenStore;
  /** The gateway can be reached from this machine only. */
  loopback: boolean;
  /** By token, and by address for those who have none. */
  rates: { callers: Rate; strangers: Rate };
  budgets: { callers: BodyBudget; strangers: BodyBudget };
}

export interface Incoming {
  request: string;
  /** The peer's address. */
  remote: string;
  raw: Request;
  /** Decoded. */
  params: Record<string, string>;
  /** What the log may know of it, filled in as it becomes known. */
  known: { caller: string | null; pipeline: string | null };
}

/** Longest that an operation may take once its request is complete. */
const PATIENCE_MS = 20_000;

/** @throws Problem for everything that is not answered as asked. */
export async function ask(
  operation: Operation,
  incoming: Incoming,
  guards: Guards,
  services: Services,
): Promise<Answered> {
  const { raw, known } = incoming;
  const headers = raw.headers;
  const signs = operation.access === 'github' || (operation.access === 'signed' && headers.has('webhook-signature'));
  const caller = signs ? null : await knownCaller(incoming, guards);
  if (signs) await guards.rates.strangers.count(addressKey(incoming.remote));
  known.caller = caller?.name ?? null;
  const pipeline = pipelineIn(incoming.params);
  known.pipeline = pipeline;
  if (caller) authorize(caller, pipeline, operation.verb);
  const params = checked(operation.params, incoming.params, 'path');
  const query = checked(operation.query, queryOf(raw.url), 'query');
  if (operation.headers) checked(operation.headers, Object.fromEntries(headers), 'header');

  const limit = operation.body?.limit ?? 0;
  if (operation.body) guardContentType(operation.body, headers);
  guardLength(headers, limit);
  const budget = caller ? guards.budgets.callers : guards.budgets.strangers;
  const sender = caller?.key ?? addressKey(incoming.remote);
  let held = 0;
  try {
    const bytes = operation.body
      ? await readBody(raw, limit, (more) => {
          budget.take(sender, more);
          held += more;
        })
      : new Uint8Array();
    const signed = signs ? verified(operation, bytes, headers, pipeline, guards, services.now()) : null;
    if (signed?.seen) return signed.seen;
    const body =
      operation.body && !operation.body.optional ? checkedBody(operation.body.schema, parseJson(bytes)) : undefined;
    const asked: Asked<unknown, unknown> = {
      request: incoming.request,
      caller: caller ?? signedCaller(operation.access),
      pipeline,
      params: params as Record<string, string>,
      query,
      body,
      bytes,
      headers,
      signal: raw.signal,
    };
    known.caller ??= asked.caller.name;
    const answer = await inTime(operation.handle(asked, services));
    // What told nothing may be told again: with another `branch`, after a ping.
    if (signed && answer.triggers?.length) await guards.nonces.note(signed.nonce, signed.until);
    return answer;
  } catch (error) {
    throw asProblem(error);
  } finally {
    budget.giveBack(sender, held);
  }
}

/** Those who are known are counted as themselves, so that nobody uses up their share; the others by address. */
async function knownCaller(incoming: Incoming, guards: Guards): Promise<Caller> {
  try {
    const caller = identify(guards.tokens, incoming.raw.headers.get('authorization'), guards.loopback);
    await guards.rates.callers.count(caller.key);
    return caller;
  } catch (error) {
    if (error instanceof Problem && error.kind === 'unauthenticated')
      await guards.rates.strangers.count(addressKey(incoming.remote));
    throw error;
  }
}

function pipelineIn({ name }: Record<string, string>): string {
  const parsed = Name.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new Problem('invalid-request', 'The path names no pipeline.', {
    errors: [{ path: 'path.name', message: parsed.error.issues[0]?.message ?? '' }],
  });
}

/** A parameter that is given twice is refused: two readers would not read the same one. */
function queryOf(url: string): Record<string, string> {
  const found: Record<string, string> = Object.create(null);
  for (const [name, value] of new URL(url).searchParams) {
    if (name in found)
      throw new Problem('invalid-request', `The query has "${name.slice(0, 40)}" more than once.`, {
        next: 'Give it once.',
      });
    found[name] = value;
  }
  return found;
}

function checked(
  schema: Operation['query'],
  value: Record<string, string>,
  where: 'path' | 'query' | 'header',
): unknown {
  if (!schema) {
    const [extra] = where === 'query' ? Object.keys(value) : [];
    if (extra === undefined) return {};
    throw new Problem('invalid-request', `The query has "${extra.slice(0, 40)}", which is not known here.`, {
      next: 'The OpenAPI document at /v1/openapi.json lists what is.',
    });
  }
  const parsed = schema.safeParse({ ...value });
  if (parsed.success) return parsed.data;
  throw new Problem('invalid-request', `The ${where} does not fit.`, {
    errors: parsed.error.issues.map((issue) => ({ path: [where, ...issue.path].join('.'), message: issue.message })),
  });
}

function checkedBody(schema: NonNullable<Operation['body']>['schema'], value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem('unprocessable', 'The body does not fit.', {
    errors: parsed.error.issues.slice(0, 20).map(({ path, message }) => ({ path: path.join('.'), message })),
    next: 'The OpenAPI document at /v1/openapi.json says what is wanted.',
  });
}

async function inTime(answer: Promise<Answered>): Promise<Answered> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(outOfReach('took too long')), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

const outOfReach = (cause: unknown) =>
  new Problem('unavailable', 'The loops cannot be reached now; it is not known whether they have it.', {
    next: 'Send the same request again, with the same id or Idempotency-Key: it counts once.',
    headers: { 'retry-after': '5' },
    cause,
  });

/** What the inside throws, in words for the outside. What is nobody's fault but ours stays as it is. */
function asProblem(error: unknown): unknown {
  if (error instanceof UnknownPipeline)
    return new Problem('unknown-pipeline', `No pipeline "${error.pipeline}" was deployed.`, {
      next: 'Give it triggers in its pipeline.ts, then run `ratchet deploy`.',
    });
  // What was not seen to be wrong before: the inside has words for it, and it is no defect of ours.
  if (error instanceof UserError && error.type === 'InvalidInput') return new Problem('unprocessable', error.message);
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  const unreachable =
    isGrpcServiceError(cause) ||
    (error instanceof Error &&
      /^(OutsideUnreachable|WorkflowUpdateRPCTimeoutOrCancelledError)$/.test(failureType(error)));
  return unreachable ? outOfReach(error) : error;
}

const failureType = (error: Error) => ('type' in error ? String(error.type) : error.name);
