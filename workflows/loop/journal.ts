/** Decisions on their way into the store, and the last of them for the loop's page and status. */

import { proxyActivities } from '@temporalio/workflow';
import type { Decision, DecisionPage } from '#contracts/decision.ts';
import { type Json, jsonBytes } from '#contracts/json.ts';
import type { LoopActivities, LoopInput } from '#contracts/loop/activities.ts';

/**
 * Not a local activity: two of those at once may be told in another order when a task is done again. And what is written
 * so is in the history first.
 */
const { writeDecisions } = proxyActivities<Pick<LoopActivities, 'writeDecisions'>>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
});

const RECENT = 20;
/** Ids that a remembered decision names; its record has all of them. */
const IDS = 5;
/** One page in the store, bytes of JSON. */
const PAGE = 24 * 1024;
/** What may go along, told and unwritten, bytes of JSON each. */
const CARRIED = 8 * 1024;

/** A larger input is decided upon as it is, and kept without what makes it large, bytes of JSON. */
const INPUT = 64 * 1024;
/** Characters of a text in such a one. */
const TEXT = 500;

/** One batch and what was decided upon it. */
export interface Entry {
  now: string;
  inputs: LoopInput[];
  decisions: Decision[];
}

export class Journal {
  recent: Decision[];
  #unwritten: Entry[];
  #writing = false;

  constructor(carried: { recent: Decision[]; unwritten: Entry[] }) {
    this.recent = [...carried.recent];
    this.#unwritten = [...carried.unwritten];
  }

  /** Written beside everything else: a store that is away holds up no decision. */
  add(entry: Entry): void {
    if (entry.decisions.length === 0) return;
    const brief = entry.decisions.map((decision) => ({
      ...decision,
      evidence: decision.evidence.slice(-IDS),
      words: decision.words.slice(0, 500),
      reasons: decision.reasons.slice(0, IDS).map((reason) => ({ ...reason, evidence: reason.evidence.slice(-IDS) })),
      malformed: decision.malformed.slice(0, IDS),
    }));
    this.recent = [...this.recent, ...brief].slice(-RECENT);
    this.#unwritten.push({ ...entry, inputs: entry.inputs.map(kept) });
    this.write();
  }

  write(): void {
    if (!this.#writing && this.#unwritten.length > 0) void this.#write();
  }

  /** Nothing is on its way, and what is left fits into what goes along. */
  get settled(): boolean {
    return !this.#writing && jsonBytes(this.#unwritten) <= CARRIED;
  }

  carried(): { recent: Decision[]; unwritten: Entry[] } {
    // The status tells as many as fit.
    let recent = this.recent;
    while (recent.length > 1 && jsonBytes(recent) > CARRIED) recent = recent.slice(1);
    return { recent, unwritten: this.#unwritten };
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#unwritten.length > 0) {
        const entries: Entry[] = [];
        let bytes = 0;
        for (const entry of this.#unwritten) {
          bytes += jsonBytes(entry);
          if (entries.length > 0 && bytes > PAGE) break;
          entries.push(entry);
        }
        // An input is plain JSON.
        const batches = entries.map(({ now, inputs }) => ({ now, inputs: inputs as unknown as Json[] }));
        const page: DecisionPage = { decisions: entries.flatMap(({ decisions }) => decisions), batches };
        await writeDecisions(page);
        this.#unwritten.splice(0, entries.length);
      }
    } finally {
      this.#writing = false;
    }
  }
}

/** Several inputs of the largest size are more than one command may carry. */
function kept(input: LoopInput): LoopInput {
  const bytes = jsonBytes(input);
  if (bytes <= INPUT) return input;
  if (input.kind === 'evidence') return { ...input, raw: { leftOut: `${bytes} bytes` } };
  const shorter = (_: string, value: unknown) => (typeof value === 'string' ? value.slice(0, TEXT) : value);
  return JSON.parse(JSON.stringify(input, shorter));
}
