/** `…/runs/{id}/events`: a run's progress as server-sent events, each time that it changed, until it is over. */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { defineOperation, type Services } from '../operation.ts';
import { Problem } from '../problem.ts';
import { noRun, RunParams, runBody } from './runs.ts';

/** Streams at once, and of one caller: each asks Temporal once a second. */
const MOST = 64;
const MOST_EACH = 8;
const EVERY_MS = 1_000;
/** Comments in between keep proxies from closing a stream, and find out clients that are gone. */
const BEAT_MS = 15_000;
/** Then the client connects again, with its token checked anew. */
const LONGEST_MS = 30 * 60_000;

const streams = new Map<string, number>();

export const runEvents = defineOperation({
  id: 'runEvents',
  method: 'get',
  path: '/v1/pipelines/{name}/runs/{id}/events',
  summary: "A run's progress as server-sent events",
  description:
    'Events `progress` with the same JSON as `getRun`; the last one is `end`. Comments keep the connection alive; a stream ends after 30 minutes, and EventSource connects again by itself.',
  access: 'token',
  verb: 'view',
  params: RunParams,
  answers: { 200: { description: 'Events.', schema: z.string(), type: 'text/event-stream' } },
  handle: async ({ pipeline, params, caller, signal }, services) => {
    const runId = `run/${pipeline}/${params.id}`;
    if (!(await services.runs.find(runId))) throw noRun(pipeline);
    const release = admit(caller.key);
    const ended = AbortSignal.any([signal, services.closing, AbortSignal.timeout(LONGEST_MS)]);
    const messages = follow(runId, services, ended);
    const encoder = new TextEncoder();
    const end = async () => {
      release();
      await messages.return(undefined);
    };
    ended.addEventListener('abort', release, { once: true });
    // Pulled: nothing is asked or kept for a client that does not read.
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: async (stream) => {
          const next = await messages.next().catch(() => ({ done: true as const, value: undefined }));
          if (next.done) {
            await end();
            stream.close();
          } else stream.enqueue(encoder.encode(next.value));
        },
        cancel: end,
      },
      { highWaterMark: 1 },
    );
    return {
      status: 200,
      stream,
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
    };
  },
});

function admit(caller: string): () => void {
  const all = [...streams.values()].reduce((sum, count) => sum + count, 0);
  const own = streams.get(caller) ?? 0;
  if (all >= MOST || own >= MOST_EACH)
    throw new Problem(
      'too-many-requests',
      `${own >= MOST_EACH ? `This caller has ${own}` : `There are ${all}`} streams open.`,
      {
        next: 'Close one, or ask `getRun` from time to time.',
        headers: { 'retry-after': '30' },
      },
    );
  streams.set(caller, own + 1);
  let released = false;
  return () => {
    if (released) return;
    released = true;
    const left = (streams.get(caller) ?? 1) - 1;
    if (left === 0) streams.delete(caller);
    else streams.set(caller, left);
  };
}

async function* follow(runId: string, { runs }: Services, ended: AbortSignal): AsyncGenerator<string, void, void> {
  let last = '';
  let count = 0;
  let quietSince = Date.now();
  yield 'retry: 2000\n\n';
  while (!ended.aborted) {
    // No answer is no news: no worker is there to ask, or the server starts again.
    const run = await runs.find(runId).catch(() => null);
    const body = run ? runBody(run) : null;
    const text = body ? JSON.stringify(body) : last;
    const over = body?.live === false;
    if (body && (text !== last || over)) {
      yield `event: ${over ? 'end' : 'progress'}\nid: ${++count}\ndata: ${text}\n\n`;
      last = text;
      quietSince = Date.now();
    } else if (Date.now() - quietSince > BEAT_MS) {
      yield ': still there\n\n';
      quietSince = Date.now();
    }
    if (over) return;
    await pause(EVERY_MS, undefined, { signal: ended }).catch(() => {});
  }
}
