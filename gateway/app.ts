/** The gateway as a function of requests: routes, guards around all of them, one log line for what matters. */
import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { Audit, AuditLine } from './access/audit.ts';
import { ask, type Guards, type Incoming } from './ask.ts';
import { guardDoubledHeaders } from './guard/doubled-headers.ts';
import { guardHost, guardOrigin } from './guard/origin.ts';
import { addressKey } from './guard/rate.ts';
import { openApiDocument } from './openapi.ts';
import type { Answered, Operation, Services } from './operation.ts';
import { operations } from './operations/all.ts';
import { Problem, problemResponse } from './problem.ts';

export interface AppSettings {
  guards: Guards;
  services: Services;
  audit: Audit;
  log: Logger;
  version: string;
  /** Known once it listens. `loopback`: only the names of this machine are answered to. */
  listening(): { port: number; loopback: boolean };
}

type Env = { Bindings: HttpBindings; Variables: { request: string } };

export function createApp(settings: AppSettings): Hono<Env> {
  const { guards, services, listening, version } = settings;
  const app = new Hono<Env>();
  const document = JSON.stringify(openApiDocument(operations, version));

  app.use(async (c, next) => {
    c.set('request', randomUUID());
    guardDoubledHeaders(c.env.incoming.rawHeaders);
    const { port, loopback } = listening();
    const host = c.env.incoming.headers.host ?? null;
    if (host === null || host.trim() === '')
      throw new Problem('invalid-request', 'The Host header is empty.', { next: 'Name the host that you ask.' });
    if (loopback) guardHost(host, port);
    guardOrigin(c.req.header('origin') ?? null, host);
    await next();
  });
  app.get('/livez', (c) => c.text('ok\n'));
  app.get('/readyz', async (c) =>
    !services.closing.aborted && (await services.loops.reachable()) ? c.text('ok\n') : c.text('not ready\n', 503),
  );
  app.get('/v1/openapi.json', async (c) => {
    await guards.rates.strangers.count(addressKey(remoteOf(c)));
    return c.body(document, 200, { 'content-type': 'application/json' });
  });
  for (const operation of operations)
    app.on(operation.method.toUpperCase(), routeOf(operation), (c) => serveOperation(c, operation, settings));
  // What no method above took.
  for (const route of new Set(operations.map(routeOf))) {
    const offered = operations.filter((one) => routeOf(one) === route).map(({ method }) => method.toUpperCase());
    app.all(route, async (c) => {
      await guards.rates.strangers.count(addressKey(remoteOf(c)));
      throw new Problem('method-not-allowed', `${c.req.method.slice(0, 20)} is not offered here.`, {
        next: `Offered: ${offered.join(', ')}.`,
        headers: { allow: offered.join(', ') },
      });
    });
  }
  app.notFound(async (c) => {
    await guards.rates.strangers.count(addressKey(remoteOf(c)));
    throw new Problem('not-found', 'There is nothing here.', { next: 'GET /v1/openapi.json lists what there is.' });
  });
  app.onError(async (error, c) => {
    const problem = await told(error, c, { method: c.req.method, route: '-', pipeline: null, caller: null }, settings);
    return finished(problemResponse(problem, c.get('request') ?? randomUUID()), c);
  });
  return app;
}

const routeOf = ({ path }: Operation) => path.replace(/\{(\w+)\}/g, ':$1');

async function serveOperation(c: Context<Env>, operation: Operation, settings: AppSettings): Promise<Response> {
  const { guards, services } = settings;
  const incoming: Incoming = {
    request: c.get('request'),
    remote: remoteOf(c),
    raw: c.req.raw,
    params: c.req.param() as Record<string, string>,
    known: { caller: null, pipeline: null },
  };
  const line = () => ({ method: c.req.method, route: operation.path, ...incoming.known });
  try {
    const answer = await ask(operation, incoming, guards, services);
    if (operation.method === 'post')
      await noted(settings, {
        request: incoming.request,
        remote: incoming.remote,
        ...line(),
        status: answer.status,
        ...(answer.triggers ? { triggers: answer.triggers.slice(0, 20) } : {}),
      });
    return finished(responseOf(answer), c);
  } catch (error) {
    const problem = await told(error, c, line(), settings);
    return finished(problemResponse(problem, incoming.request), c);
  }
}

/** The problem that is answered, after it was logged. What is no problem of the caller's is a defect, and told by its id alone. */
async function told(
  error: unknown,
  c: Context<Env>,
  line: Pick<AuditLine, 'method' | 'route' | 'pipeline' | 'caller'>,
  settings: AppSettings,
): Promise<Problem> {
  const { log } = settings;
  const request = c.get('request') ?? '-';
  const problem =
    error instanceof Problem
      ? error
      : new Problem('defect', 'The gateway failed to answer.', {
          next: 'Its log tells more under this instance.',
          cause: error,
        });
  if (problem.kind === 'defect') log.error({ request, err: error }, 'defect');
  else if (problem.kind === 'unavailable') log.warn({ request, cause: String(problem.cause) }, problem.message);
  const { kind, status, message } = problem;
  await noted(settings, { request, remote: remoteOf(c), ...line, status, problem: kind, detail: message });
  return problem;
}

/** A log that cannot be written must not turn a deed that was done into an error: the loop has who and why, too. */
async function noted({ audit, log }: AppSettings, line: AuditLine): Promise<void> {
  await audit.write(line).catch((err) => log.error({ err, line }, 'the audit log cannot be written'));
}

function responseOf({ status, body, stream, headers }: Answered): Response {
  if (stream) return new Response(stream, { status, headers });
  return new Response(JSON.stringify(body), { status, headers: { ...headers, 'content-type': 'application/json' } });
}

function finished(response: Response, c: Context<Env>): Response {
  response.headers.set('x-request-id', c.get('request') ?? '-');
  response.headers.set('x-content-type-options', 'nosniff');
  response.headers.set('cache-control', 'no-store');
  return response;
}

const remoteOf = (c: Context<Env>): string => c.env.incoming.socket.remoteAddress ?? 'unknown';
