/**
 * Some of the vectors that are served, kept as they were: what history says of the same moments is held against them later. No request
 * waits for it, and none fails of it: what finds no room, or cannot be written, is counted and let go.
 */
import { randomUUID } from 'node:crypto';
import { type SampledVector, sampleKey } from '#features/samples.ts';
import { toJson } from './values.ts';
import type { Vectors } from './vectors.ts';

export interface SampleSink {
  /** In words, for people. */
  readonly at: string;
  put(key: string, body: string): Promise<void>;
}

export interface SampleSettings {
  readonly sink: SampleSink;
  /** Service → its version: vectors of other questions are not sampled, for nobody trains with them. */
  readonly versions: ReadonlyMap<string, string>;
  /** Most vectors a minute; they are taken evenly, by the second. */
  readonly perMinute: number;
  /** Told of each outcome: how many vectors were kept, found no room, or could not be written. */
  told(outcome: 'kept' | 'dropped' | 'failed', vectors: number, cause?: unknown): void;
}

export interface Samples {
  /** @param service that was asked for; undefined: single features, which are not sampled */
  offer(service: string | undefined, vectors: Vectors): void;
  /** Writes what is held, and takes no more. */
  close(): Promise<void>;
}

/** Vectors of one service that are written together, and held at most while the store does not answer. */
const TOGETHER = 1_000;
const HELD = 10_000;
const FLUSH_MS = 10_000;

export function createSamples({ sink, versions, perMinute, told }: SampleSettings): Samples {
  const held = new Map<string, { lines: string[]; at: Date }>();
  const rooms = { second: 0, left: 0 };
  let count = 0;
  let writing: Promise<void> = Promise.resolve();
  let closed = false;

  /** How many of `wanted` may be taken in this second: a whole minute's in one burst would say nothing of the rest. */
  function taken(wanted: number, at: Date): number {
    const second = Math.floor(at.getTime() / 1_000);
    if (second !== rooms.second) {
      rooms.second = second;
      rooms.left = perSecond(perMinute, second);
    }
    const take = Math.min(wanted, rooms.left);
    rooms.left -= take;
    return take;
  }

  function flush(): void {
    const batches = [...held];
    held.clear();
    for (const [service, { lines, at }] of batches)
      writing = writing.then(async () => {
        const name = { service, version: versions.get(service) ?? '', at, id: randomUUID() };
        try {
          await sink.put(sampleKey(name), `${lines.join('\n')}\n`);
          told('kept', lines.length);
        } catch (error) {
          told('failed', lines.length, error);
        } finally {
          count -= lines.length;
        }
      });
  }
  const timer = setInterval(flush, FLUSH_MS);
  timer.unref();

  return {
    offer(service, vectors) {
      if (closed || service === undefined || !versions.has(service)) return;
      const wanted = taken(vectors.rows, vectors.at);
      const room = Math.min(wanted, HELD - count);
      if (room < wanted) told('dropped', wanted - room);
      if (room <= 0) return;
      const lines = held.get(service)?.lines ?? [];
      // Of a large request one of each stretch, not its first ones.
      for (let n = 0; n < room; n++) {
        const row = Math.floor(((n + Math.random()) * vectors.rows) / room);
        lines.push(JSON.stringify(sampled(vectors, row)));
      }
      held.set(service, { lines, at: vectors.at });
      count += room;
      if (lines.length >= TOGETHER) flush();
    },
    async close() {
      closed = true;
      clearInterval(timer);
      flush();
      await writing;
    },
  };
}

/** Whole vectors a second that are together `perMinute`: also fewer than one a second. */
const perSecond = (perMinute: number, second: number): number => {
  const place = second % 60;
  return Math.floor(((place + 1) * perMinute) / 60) - Math.floor((place * perMinute) / 60);
};

function sampled({ columns, question, given, at }: Vectors, row: number): SampledVector {
  const vector: Record<string, string | null> = { at: at.toISOString() };
  for (const [name, type] of question.given)
    vector[`given:${name}`] = asText(toJson(type, given.get(name)?.[row] ?? null, 'strict'));
  const features = columns.slice(question.keys.length);
  for (const [place, { from, type }] of question.columns.entries()) {
    const cell = features[place]?.cells[row];
    const reference = from.kind === 'view' ? `${from.view.name}:${from.feature}` : `${from.of.name}:${from.output}`;
    // What is too old is none, as history has it.
    const value = cell && cell.status !== 'OUTSIDE_MAX_AGE' ? cell.value : null;
    vector[`served:${reference}`] = asText(toJson(type, value, 'strict'));
  }
  return vector;
}

/** JSON of a value as a text that its type reads back, digit by digit. */
function asText(json: string): string | null {
  if (json === 'null') return null;
  return json.startsWith('"') ? JSON.parse(json) : json;
}
