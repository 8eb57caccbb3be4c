/** What happened to a version, in order, each event with the digest of the one before it. */
import { z } from 'zod';
import { canonicalJson, type Json } from '#contracts/json.ts';
import { sha256 } from './statement.ts';

const eventKinds = [
  'triggered',
  'started',
  'trained',
  'judged',
  'escalated',
  'approved',
  'rejected',
  'registered',
  'promoted',
  'demoted',
  'rolled-back-to',
  'rolled-back-from',
  'moved-by-hand',
  'ended',
] as const;
type EventKind = (typeof eventKinds)[number];

export interface PackEvent {
  kind: EventKind;
  /** ISO; null: nobody noted when, its place says after what. */
  at: string | null;
  /** One sentence for people. */
  words: string;
  /** Who or what did it. */
  by: string | null;
  /** Digests and ids that it rests on. */
  refers: Record<string, Json>;
}

const Line = z.strictObject({
  /** From 1. */
  number: z.number().int().positive(),
  /** SHA-256 of the line before, without its line feed; null: the first. */
  before: z.string().nullable(),
  kind: z.enum(eventKinds),
  at: z.string().nullable(),
  words: z.string(),
  by: z.string().nullable(),
  refers: z.record(z.string(), z.custom<Json>()),
});
type Line = z.output<typeof Line>;

export interface Chain {
  text: string;
  count: number;
  /** SHA-256 of the last line; null without one. */
  head: string | null;
}

export function chained(events: readonly PackEvent[]): Chain {
  let head: string | null = null;
  const lines: string[] = [];
  for (const [at, event] of events.entries()) {
    const line: string = canonicalJson({ number: at + 1, before: head, ...event });
    head = sha256(line);
    lines.push(`${line}\n`);
  }
  return { text: lines.join(''), count: events.length, head };
}

/** Where the chain breaks, in words; null: it holds, from its first event to the one that the statement names as its last. */
export function chainProblem(text: string, expected: { count: number; head: string | null }): string | null {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  let head: string | null = null;
  for (const [at, line] of lines.entries()) {
    const event = lineOf(line);
    if (!event) return `event ${at + 1} cannot be read`;
    if (event.number !== at + 1)
      return `event ${at + 1} says that it is number ${event.number}: one was added or left out`;
    if (event.before !== head) return `event ${at + 1} does not follow event ${at}: one of the two was changed`;
    head = sha256(line);
  }
  if (lines.length < expected.count)
    return `its chain ends with event ${lines.length} of ${expected.count}: the last ${expected.count - lines.length} were removed`;
  if (lines.length > expected.count)
    return `its chain goes on to event ${lines.length} after the last of ${expected.count}: the rest was added`;
  return head === expected.head ? null : `its last event is not the one that was signed`;
}

function lineOf(text: string): Line | null {
  try {
    return Line.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
