/**
 * Who did what: JSON lines in `.ratchet/gateway/`. `audit.jsonl` has what was accepted and is only ever added to; what was
 * refused goes to `refused.jsonl`, which starts again when full, so that a flood of refusals can neither fill the disk nor
 * push a deed out of the record. No header, body or query is written: secrets come in those.
 */
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface AuditLine {
  request: string;
  remote: string;
  /** Null before it is known who asks. */
  caller: string | null;
  method: string;
  /** The route's pattern. */
  route: string;
  pipeline: string | null;
  status: number;
  /** Kind of the problem, when it was refused. */
  problem?: string;
  /** Triggers that the loop has acknowledged. */
  triggers?: readonly string[];
  detail?: string;
}

/** A refused log of more bytes becomes `refused.1.jsonl`, in place of the last one. */
const REFUSED_LIMIT = 16 * 1024 * 1024;
const LONGEST_TEXT = 300;

export class Audit {
  readonly #accepted: string;
  readonly #refused: string;
  readonly #older: string;
  readonly #now: () => number;
  #refusedBytes: number;

  /** @param root project folder. */
  constructor(root: string, now: () => number = Date.now) {
    const folder = join(root, '.ratchet', 'gateway');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#accepted = join(folder, 'audit.jsonl');
    this.#refused = join(folder, 'refused.jsonl');
    this.#older = join(folder, 'refused.1.jsonl');
    this.#now = now;
    this.#refusedBytes = statSync(this.#refused, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Written before the answer goes out. One write a line: lines of several processes do not mix. */
  async write(line: AuditLine): Promise<void> {
    const text = `${safeJson({ at: new Date(this.#now()).toISOString(), ...line })}\n`;
    if (line.status < 400) return appendFile(this.#accepted, text, { mode: 0o600 });
    if (this.#refusedBytes + text.length > REFUSED_LIMIT) {
      this.#refusedBytes = 0;
      renameSync(this.#refused, this.#older);
    }
    this.#refusedBytes += text.length;
    return appendFile(this.#refused, text, { mode: 0o600 });
  }
}

/**
 * One line that no terminal obeys: controls of both ranges, line separators and directions of writing are escaped.
 * @internal
 */
export function safeJson(value: object): string {
  const shortened = JSON.stringify(value, (_key, item) =>
    typeof item === 'string' && item.length > LONGEST_TEXT ? `${item.slice(0, LONGEST_TEXT)}…` : item,
  );
  return shortened.replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
