/**
 * Requests to an MLflow server. Each is sent once: repeating is the caller's business (Temporal's), so that an effect is
 * never repeated below the layer that reads before it writes. The exceptions are an upsert that lost a race in MLflow's
 * database, since two attempts that write the same row at once are both right, and what only reads, on a connection that
 * the server had closed. No write is: the first may be under way still, and arrive after what somebody else writes next.
 */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import ky, { type KyInstance } from 'ky';
import type { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { lostRace, noAnswer, refusal, wasClosed } from './failures.ts';

export interface MlflowSettings {
  /** `http://127.0.0.1:5000`; a path in front of the API is kept; credentials in it are used and never shown. */
  url: string;
  username?: string;
  password?: string;
  /** Bearer token; wins over a user name. */
  token?: string;
  /** Sent as X-MLFLOW-WORKSPACE. */
  workspace?: string;
  /** Milliseconds for the head of an answer, and between two pieces of its body. Default 30 s, below any start-to-close. */
  deadline?: number;
}
interface Asking<T> {
  /** For messages: `creating the experiment "x"`. */
  doing: string;
  schema?: z.ZodType<T>;
  query?: Record<string, string | number> | URLSearchParams;
  body?: unknown;
  /** Writing the same again has no further effect, so that the loser of a race between two writers may ask once more. */
  upsert?: boolean;
  signal?: AbortSignal;
}
type Method = 'get' | 'post' | 'patch' | 'delete';

export interface MlflowHttp {
  /** Without credentials, without a slash at the end. */
  readonly url: string;
  readonly credentials: Record<string, string>;
  /** `path` is relative to the server: `api/2.0/mlflow/runs/get`. Throws MlflowRefusal, UserError. */
  ask<T = unknown>(method: Method, path: string, asking: Asking<T>): Promise<T>;
  put(path: string, body: Uint8Array, doing: string): Promise<void>;
  /** The same of a file of any size, which is read as it is sent. */
  putFile(path: string, file: string, doing: string, signal?: AbortSignal): Promise<void>;
  post(path: string, body: Uint8Array, query: Record<string, string>, doing: string): Promise<void>;
  /** The bytes of an answer; ends with an error when they stop coming. */
  bytes(path: string, asking: Omit<Asking<never>, 'schema' | 'body'>): AsyncGenerator<Uint8Array>;
}

const DEADLINE = 30_000;

export function createHttp(settings: MlflowSettings): MlflowHttp {
  const { url, username, password, token } = resolveCredentials(settings);
  const deadline = settings.deadline ?? DEADLINE;
  const headers: Record<string, string> = {};
  if (token) headers.authorization = `Bearer ${token}`;
  else if (username) headers.authorization = `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
  if (settings.workspace) headers['x-mlflow-workspace'] = settings.workspace;
  const http: KyInstance = ky.create({ prefixUrl: url, headers, retry: 0, timeout: deadline, throwHttpErrors: false });

  async function send(
    path: string,
    doing: string,
    options: Parameters<KyInstance>[1],
    repeatable: boolean,
  ): Promise<Response> {
    const signal = options?.signal ?? undefined;
    const once = async () => http(path, options);
    try {
      const answer = await once().catch((error: unknown) => {
        if (repeatable && wasClosed(error) && !signal?.aborted) return once();
        throw error;
      });
      if (answer.status >= 400) throw refusal(answer.status, await answer.text(), url, doing);
      return answer;
    } catch (error) {
      throw noAnswer(error, url, doing, signal);
    }
  }

  return {
    url,
    credentials: {
      ...(token ? { MLFLOW_TRACKING_TOKEN: token } : {}),
      ...(username ? { MLFLOW_TRACKING_USERNAME: username, MLFLOW_TRACKING_PASSWORD: password ?? '' } : {}),
      ...(settings.workspace ? { MLFLOW_WORKSPACE: settings.workspace } : {}),
    },

    async ask(method, path, { doing, schema, query, body, upsert, signal }) {
      const reads = method === 'get' || path.endsWith('/search');
      const options = {
        method,
        ...(query ? { searchParams: query } : {}),
        ...(body === undefined ? {} : { json: body }),
        ...(signal ? { signal } : {}),
      };
      const request = () => send(path, doing, options, reads);
      const answer = await request().catch((error: unknown) => {
        if (upsert && lostRace(error)) return request();
        throw error;
      });
      const text = await answer.text().catch((error: unknown) => {
        throw noAnswer(error, url, doing, signal);
      });
      return read(text, schema, url, doing);
    },

    async put(path, body, doing) {
      // A generous deadline: a log of some megabytes through a proxy that stores before it answers.
      await send(path, doing, { method: 'put', body: Buffer.from(body), timeout: 4 * deadline }, false);
    },

    async putFile(path, file, doing, signal) {
      const body = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
      // As long as bytes are taken it goes on: what stalls is ended by whoever waits for it.
      const options = { method: 'put', body, duplex: 'half' as const, timeout: false as const };
      await send(path, doing, { ...options, ...(signal ? { signal } : {}) }, false);
    },

    async post(path, body, query, doing) {
      const options = { method: 'post', body: Buffer.from(body), searchParams: query, timeout: 4 * deadline };
      await send(path, doing, options, false);
    },

    async *bytes(path, { doing, query, signal }) {
      const stalled = new AbortController();
      const either = signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal;
      // The server may fetch a large file from its own store before the first byte.
      const options = { ...(query ? { searchParams: query } : {}), signal: either, timeout: 10 * deadline };
      const answer = await send(path, doing, options, true);
      let timer = setTimeout(() => stalled.abort(new Error('no more bytes came')), deadline);
      let received = 0;
      try {
        if (!answer.body) return;
        for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) {
          clearTimeout(timer);
          received += piece.length;
          yield piece;
          timer = setTimeout(() => stalled.abort(new Error('no more bytes came')), deadline);
        }
      } catch (error) {
        throw noAnswer(error, url, doing, signal);
      } finally {
        clearTimeout(timer);
      }
      const expected = answer.headers.get('content-length');
      if (expected !== null && !answer.headers.has('content-encoding') && received !== Number(expected))
        throw new UserError(
          'OutsideUnreachable',
          `MLflow at ${url} sent ${received} of ${expected} bytes while ${doing}`,
        );
    },
  };
}

function read<T>(text: string, schema: z.ZodType<T> | undefined, url: string, doing: string): T {
  if (!schema) return undefined as T;
  const foreign = (why: string) =>
    new UserError(
      'OutsideRefused',
      `${url} does not answer as MLflow does (${doing}; ${why}): set MLFLOW_TRACKING_URI to an MLflow tracking server`,
    );
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw foreign('not JSON');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw foreign(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  return parsed.data;
}

/** Credentials in the URL count like settings; the URL that is shown and handed on has none. */
function resolveCredentials(settings: MlflowSettings) {
  let url: URL;
  try {
    url = new URL(settings.url);
  } catch {
    throw new UserError('InvalidInput', 'MLFLOW_TRACKING_URI is no URL: give one like http://127.0.0.1:5000');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new UserError(
      'InvalidInput',
      `MLFLOW_TRACKING_URI has the scheme ${url.protocol} but must be http(s): trainers on other machines log to the same server`,
    );
  const username = settings.username ?? (decodeURIComponent(url.username) || undefined);
  const password = settings.password ?? (decodeURIComponent(url.password) || undefined);
  url.username = '';
  url.password = '';
  return { url: url.href.replace(/[?#].*$/, '').replace(/\/+$/, ''), username, password, token: settings.token };
}
