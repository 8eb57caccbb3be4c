/** Decisions on their way into the store, and the last of them for the loop's page and status. */
import { condition } from '@temporalio/workflow';
import { jsonBytes } from '#contracts/json.ts';
import type { LoopActivities } from '#contracts/loop.ts';
import type { Decision } from '#contracts/triggers.ts';
import { askWorker } from './interpreter/local.ts';

const RECENT = 20;
/** Ids that a remembered decision names; its record has all of them. */
const IDS = 5;
/** One page in the store, bytes of JSON; also what may go along unwritten. */
const PAGE = 24 * 1024;

export class Journal {
  recent: Decision[];
  #unwritten: Decision[];
  #writing = false;

  constructor(carried: { recent: Decision[]; unwritten: Decision[] }) {
    this.recent = [...carried.recent];
    this.#unwritten = [...carried.unwritten];
  }

  /** Written beside everything else: a store that is away holds up no decision. */
  add(decisions: readonly Decision[]): void {
    const brief = decisions.map((decision) => ({
      ...decision,
      evidence: decision.evidence.slice(-IDS),
      words: decision.words.slice(0, 500),
      reasons: decision.reasons.slice(0, IDS).map((reason) => ({ ...reason, evidence: reason.evidence.slice(-IDS) })),
      malformed: decision.malformed.slice(0, IDS),
    }));
    this.recent = [...this.recent, ...brief].slice(-RECENT);
    this.#unwritten.push(...decisions);
    this.write();
  }

  write(): void {
    if (!this.#writing && this.#unwritten.length > 0) void this.#write();
  }

  /** Until what is left fits into what goes along. */
  async settled(): Promise<void> {
    await condition(() => !this.#writing && jsonBytes(this.#unwritten) <= PAGE);
  }

  carried(): { recent: Decision[]; unwritten: Decision[] } {
    // The status tells as many as fit.
    let recent = this.recent;
    while (recent.length > 1 && jsonBytes(recent) > PAGE / 2) recent = recent.slice(1);
    return { recent, unwritten: this.#unwritten };
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#unwritten.length > 0) {
        const page: Decision[] = [];
        let bytes = 0;
        for (const decision of this.#unwritten) {
          bytes += jsonBytes(decision);
          if (page.length > 0 && bytes > PAGE) break;
          page.push(decision);
        }
        await askWorker<LoopActivities>().writeDecisions(page);
        this.#unwritten.splice(0, page.length);
      }
    } finally {
      this.#writing = false;
    }
  }
}
