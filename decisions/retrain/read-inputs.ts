/** What was taken in, read and checked: a malformed piece is told, and breaks nothing. */
import type { LoopInput } from '#contracts/loop/activities.ts';
import type { RetrainRequest } from '#contracts/loop/answers.ts';
import { type Evidence, evidenceShapes } from '#contracts/loop/evidence.ts';
import { believable } from './clock.ts';
import { inOrder } from './facts.ts';

export interface Read {
  /** In the order of their times. */
  evidence: Evidence[];
  retrain: (RetrainRequest & { at: string })[];
  malformed: { id: string; problem: string }[];
  duplicates: number;
  /** Ids of everything above. */
  ids: string[];
  /** The rest, in the order in which it came. */
  events: Exclude<LoopInput, { kind: 'evidence' | 'retrain' | 'duplicates' }>[];
}

/** @param at event time, for what does not say when it happened */
export function readInputs(inputs: readonly LoopInput[], at: string, now: string): Read {
  const read: Read = { evidence: [], retrain: [], malformed: [], duplicates: 0, ids: [], events: [] };
  for (const input of inputs) {
    if (input.kind === 'duplicates') read.duplicates += input.count;
    else if (input.kind === 'retrain') {
      read.ids.push(input.request.id);
      // The loop's validator saw that id, by and reason are texts; the rest is as somebody sent it.
      const { at: told, source } = input.request;
      const when = typeof told === 'string' && !Number.isNaN(Date.parse(told)) ? new Date(told).toISOString() : at;
      read.retrain.push({
        ...input.request,
        at: believable(when, now),
        source: typeof source === 'string' ? source : undefined,
      });
    } else if (input.kind === 'evidence') {
      read.ids.push(input.id);
      const raw = typeof input.raw === 'object' && input.raw !== null ? input.raw : { value: input.raw };
      const parsed = evidenceShapes[input.signal].safeParse({ at, ...raw, id: input.id });
      // The shape parsed is that of the signal's kind.
      if (parsed.success)
        read.evidence.push({ ...parsed.data, kind: input.signal, at: believable(parsed.data.at, now) } as Evidence);
      else
        read.malformed.push({
          id: input.id.slice(0, 200),
          problem: parsed.error.issues
            .map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`)
            .join('; ')
            .slice(0, 300),
        });
    } else read.events.push(input);
  }
  read.evidence = inOrder(read.evidence);
  return read;
}
