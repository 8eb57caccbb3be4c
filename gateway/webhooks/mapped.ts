/** What a webhook's body means to a loop. */
import type { EvidenceInput, EvidenceKind } from '#contracts/loop/evidence.ts';

export type MappedEvidence = { [K in EvidenceKind]: { kind: K } & EvidenceInput<K> }[EvidenceKind];

export interface Mapped {
  events: MappedEvidence[];
  /** Why (part of) the body starts nothing. Senders are answered 2xx all the same: to them it was delivered. */
  ignored: string | null;
}

/** Longest text that is taken over from outside into a reason. */
export const shortened = (text: string, length = 300): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;
