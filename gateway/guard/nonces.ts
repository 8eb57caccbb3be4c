/**
 * Signed deliveries that were accepted and would still count as fresh: the same one again is a replay. Kept in memory and in
 * a journal, so that a gateway that starts again remembers; noted after the loop has acknowledged, so that a delivery
 * which died halfway is not refused when it is sent again. Gateways side by side do not share it: behind it the loop
 * takes a trigger's id once, whoever brings it.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '#stack/write-atomically.ts';

/** Only what carries a true signature gets here: more than this within its time is not a flood but a mistake. */
const MOST = 200_000;
/** The journal is written anew when it holds so many more lines than names that count. */
const SLACK = 10_000;

export class Nonces {
  readonly #path: string;
  readonly #now: () => number;
  /** Until when, by name. In the order of being noted. */
  readonly #until = new Map<string, number>();
  /** Lines since the journal was written anew. */
  #added = 0;

  constructor(path: string, now: () => number = Date.now) {
    this.#path = path;
    this.#now = now;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    for (const line of linesOf(path)) {
      const [, until, name = ''] = /^(\d+) (.+)$/.exec(line) ?? [];
      if (Number(until) > now()) this.#until.set(name, Number(until));
    }
    this.#rewrite();
  }

  has(name: string): boolean {
    return (this.#until.get(name) ?? 0) > this.#now();
  }

  /** @param name without line breaks. @param until time of day in ms at which it is stale by itself. */
  async note(name: string, until: number): Promise<void> {
    this.#until.set(name, until);
    for (const [oldest, end] of this.#until) {
      if (end > this.#now() && this.#until.size <= MOST) break;
      this.#until.delete(oldest);
    }
    try {
      if (++this.#added > this.#until.size + SLACK) this.#rewrite();
      else await appendFile(this.#path, `${until} ${name}\n`, { mode: 0o600 });
    } catch {
      // A disk that is full: this process remembers, and the delivery was acknowledged.
    }
  }

  /** What counts now, and nothing else: whole at every moment. */
  #rewrite(): void {
    this.#added = 0;
    replaceFile(this.#path, [...this.#until].map(([name, until]) => `${until} ${name}\n`).join(''), 0o600);
  }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
