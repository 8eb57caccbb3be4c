/** The feature server as a function of requests: guards first, then who asks, then what. */
import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import { UserError } from '#contracts/failures.ts';
import { type Caller, identify } from '#gateway/access/caller.ts';
import { allows, type Verb } from '#gateway/access/scope.ts';
import type { TokenStore } from '#gateway/access/token-store.ts';
import { type BodyBudget, guardLength, readBody } from '#gateway/guard/body.ts';
import { guardContentType } from '#gateway/guard/content-type.ts';
import { guardDoubledHeaders } from '#gateway/guard/doubled-headers.ts';
import { guardHost, guardOrigin } from '#gateway/guard/origin.ts';
import { addressKey, type Rate } from '#gateway/guard/rate.ts';
import { Problem, problemResponse } from '#gateway/problem.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import { feastJson, personJson, rowsJson } from './answers.ts';
import { bodyAs, Get, Push, Rows, Write } from './bodies.ts';
import type { Catalogue } from './catalogue.ts';
import type { Figures } from './figures.ts';
import { modelServices, type ServiceOfModel } from './model-services.ts';
import { pushRows, viewsOfSource } from './pushes.ts';
import { type Asked, type Question, viewOf } from './question.ts';
import { Refusal } from './refusal.ts';
import type { Samples } from './samples.ts';
import { readVectors, type Vectors } from './vectors.ts';

export interface AppSettings {
  catalogue: Catalogue;
  store: OnlineStore;
  tokens: TokenStore;
  /** By token, and by address for those who have none. */
  rates: { callers: Rate; strangers: Rate };
  budget: BodyBudget;
  figures: Figures;
  log: Logger;
  hideExpired: boolean;
  /** Null: none are taken. */
  samples: Samples | null;
  /** Null: there is no registry of models. */
  serviceOf: ServiceOfModel | null;
  now(): number;
  listening(): { port: number; loopback: boolean };
}

type Env = { Bindings: HttpBindings; Variables: { request: string } };
type Handle = (c: Context<Env>, caller: Caller) => Promise<Response>;

/** Bytes of one body. */
const BODY_LIMIT = 16 * 1024 * 1024;
const JSON_ONLY = { types: ['application/json'] };

export function createApp(settings: AppSettings): Hono<Env> {
  const { catalogue, store, figures, hideExpired, listening, now, samples } = settings;
  const app = new Hono<Env>();
  const services = modelServices(settings.serviceOf, now, (model, error) =>
    settings.log.warn({ model, cause: error.message }, 'the registry does not answer: what it said last is served'),
  );
  app.use(async (c, next) => {
    c.set('request', randomUUID());
    guardDoubledHeaders(c.env.incoming.rawHeaders);
    const { port, loopback } = listening();
    const host = c.env.incoming.headers.host ?? null;
    if (loopback) guardHost(host, port);
    guardOrigin(c.req.header('origin') ?? null, host);
    await next();
  });

  const read = async (named: Asked, caller: Caller, dialect: 'feast' | 'text'): Promise<Vectors> => {
    const service = await services(named.service);
    const asked = service === undefined ? named : { ...named, service };
    const vectors = await readVectors(asked, {
      ...{ catalogue, store, dialect, now },
      allow: (question) => mayRead(caller, question),
      told: figures.told,
    });
    samples?.offer(asked.service, vectors);
    return vectors;
  };
  const routes: [method: 'GET' | 'POST', path: string, verb: Verb, handle: Handle][] = [
    [
      'POST',
      '/get-online-features',
      'features',
      async (c, caller) => {
        const body = bodyAs(Get, await bytesOf(c, caller, settings));
        const asked = {
          entities: body.entities,
          fullNames: body.full_feature_names,
          ...(body.features ? { features: body.features } : {}),
          ...(body.feature_service ? { service: body.feature_service } : {}),
        };
        const vectors = await read(asked, caller, 'feast');
        return json(feastJson(vectors, { hideExpired, views: body.include_feature_view_version_metadata }));
      },
    ],
    [
      'POST',
      '/push',
      'push',
      async (c, caller) => {
        const body = bodyAs(Push, await bytesOf(c, caller, settings));
        await pushRows(viewsOfSource(catalogue, body.push_source_name), body.df, writing(caller));
        return json('null');
      },
    ],
    [
      'POST',
      '/write-to-online-store',
      'push',
      async (c, caller) => {
        const body = bodyAs(Write, await bytesOf(c, caller, settings));
        await pushRows([viewOf(catalogue, body.feature_view_name)], body.df, writing(caller));
        return json('null');
      },
    ],
    [
      'GET',
      '/v1/features/:service',
      'features',
      async (c, caller) => {
        const entities = entitiesOf(c.req.url);
        return json(personJson(await read({ service: c.req.param('service') ?? '', entities }, caller, 'text')));
      },
    ],
    [
      'POST',
      '/v1/features',
      'features',
      async (c, caller) => {
        const body = bodyAs(Rows, await bytesOf(c, caller, settings));
        return json(rowsJson(await read({ ...body, fullNames: true }, caller, 'text')));
      },
    ],
    [
      'GET',
      '/metrics',
      'features',
      async () => new Response(await figures.text(), { headers: { 'content-type': figures.contentType } }),
    ],
  ];
  const writing = (caller: Caller) => ({
    ...{ catalogue, store, now, dialect: 'feast' as const },
    allow: (view: { name: string }) => demand(caller, view.name, 'push'),
  });

  app.get('/health', (c) => c.body(null, 200));
  for (const [method, path, verb, handle] of routes)
    app.on(method, path, async (c) => {
      const began = performance.now();
      const caller = await known(c, settings);
      if (!caller.scopes.some(({ verbs }) => verbs.includes(verb))) demand(caller, '*', verb);
      const response = finished(await handle(c, caller), c);
      figures.served(path, response.status, (performance.now() - began) / 1_000);
      return response;
    });
  for (const path of ['/health', ...routes.map(([, each]) => each)])
    app.all(path, (c) => {
      const offered = path === '/health' ? 'GET' : (routes.find(([, each]) => each === path)?.[0] ?? '');
      throw new Problem('method-not-allowed', `${c.req.method.slice(0, 20)} is not offered here.`, {
        next: `Offered: ${offered}.`,
        headers: { allow: offered },
      });
    });
  app.notFound((c) => {
    const problem = new Problem('not-found', 'There is nothing here.', {
      next: `Offered: ${routes.map(([method, path]) => `${method} ${path}`).join(', ')}, GET /health.`,
    });
    return finished(problemResponse(problem, c.get('request')), c);
  });
  app.onError((error, c) => {
    const problem = asProblem(error);
    const request = c.get('request') ?? randomUUID();
    if (problem.kind === 'defect') settings.log.error({ request, err: error }, 'defect');
    else if (problem.status >= 500) settings.log.warn({ request, cause: String(problem.cause) }, problem.message);
    figures.served(c.req.routePath.replace('/*', '-'), problem.status, null);
    return finished(answerOf(problem, request), c);
  });
  return app;
}

async function known(c: Context<Env>, { tokens, listening, rates }: AppSettings): Promise<Caller> {
  const remote = addressKey(c.env.incoming.socket.remoteAddress ?? 'unknown');
  try {
    const caller = identify(tokens, c.req.header('authorization') ?? null, listening().loopback);
    await rates.callers.count(caller.key);
    return caller;
  } catch (error) {
    if (error instanceof Problem && error.kind === 'unauthenticated') await rates.strangers.count(remote);
    throw error;
  }
}

function mayRead(caller: Caller, { views, columns }: Question): void {
  for (const { view } of views) demand(caller, view.name, 'features');
  for (const { from } of columns) if (from.kind === 'onDemand') demand(caller, from.of.name, 'features');
}

/** Scopes name views here, as they name pipelines there. @throws Problem forbidden */
function demand(caller: Caller, view: string, verb: Verb): void {
  if (allows(caller.scopes, view, verb)) return;
  throw new Problem('forbidden', `This token has no scope "${verb}" on ${view}.`, {
    next: `Ask for one that has: ratchet tokens create --owner NAME --scope '${view}:${verb}'`,
  });
}

async function bytesOf(c: Context<Env>, caller: Caller, { budget }: AppSettings): Promise<Uint8Array> {
  guardContentType(JSON_ONLY, c.req.raw.headers);
  guardLength(c.req.raw.headers, BODY_LIMIT);
  let held = 0;
  try {
    return await readBody(c.req.raw, BODY_LIMIT, (more) => {
      budget.take(caller.key, more);
      held += more;
    });
  } finally {
    budget.giveBack(caller.key, held);
  }
}

/** Each parameter is a join key, or a field of the request: texts, which their types read. */
function entitiesOf(url: string): Record<string, unknown[]> {
  const found: Record<string, unknown[]> = Object.create(null);
  for (const [name, value] of new URL(url).searchParams) {
    if (name in found)
      throw new Refusal('invalid-request', `The query has "${name.slice(0, 40)}" more than once.`, 'Give it once.');
    found[name] = [value];
  }
  return found;
}

function asProblem(error: unknown): Problem {
  // Feast answers 422 to what is no JSON.
  if (error instanceof Problem)
    return error.kind === 'malformed-body' ? new Problem('unprocessable', error.message, error.more) : error;
  if (error instanceof UserError) {
    if (error.type === 'OutsideUnreachable' || error.type === 'OutsideRefused')
      return new Problem('unavailable', error.message, {
        next: 'Ask again: reading and writing the same once more changes nothing.',
        headers: { 'retry-after': '1' },
        cause: error,
      });
    return new Problem('unprocessable', error.message);
  }
  return new Problem('defect', 'The feature server failed to answer.', {
    next: 'Its log tells more under this instance.',
    cause: error,
  });
}

/** Errors that Feast's client has a class for come as it reads them: a JSON text that holds JSON. */
function answerOf(problem: Problem, request: string): Response {
  if (!(problem instanceof Refusal) || problem.feast === null) return problemResponse(problem, request);
  const message = problem.more.next ? `${problem.message} ${problem.more.next}` : problem.message;
  const detail = JSON.stringify({ module: 'feast.errors', class: problem.feast, message });
  return json(JSON.stringify(detail), problem.status);
}

const json = (body: string, status = 200) =>
  new Response(body, { status, headers: { 'content-type': 'application/json' } });

function finished(response: Response, c: Context<Env>): Response {
  response.headers.set('x-request-id', c.get('request') ?? '-');
  response.headers.set('x-content-type-options', 'nosniff');
  response.headers.set('cache-control', 'no-store');
  return response;
}
