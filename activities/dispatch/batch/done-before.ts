/**
 * What a batch has done, where its next attempt finds it when its worker dies: in a file of this machine after every
 * item, and, for a worker elsewhere, in the heartbeats as far as they have room. Nothing rests on it but work that would
 * be done twice.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type Json, jsonBytes } from '#contracts/json.ts';
import { sha256 } from '../../sha256.ts';
import type { Performed } from '../step-work.ts';

const Done = z.object({
  node: z.string(),
  output: z.custom<Json>((value) => value !== undefined),
  readAsOf: z.boolean(),
});
type Done = z.output<typeof Done>;
const Beat = z.object({ done: z.array(Done) });

/** Of one heartbeat, bytes of JSON: the server writes each of them down. */
const BEAT_BYTES = 64 * 1024;
/** The server has the answer long before; a worker that dies before it has finds the file. */
const KEPT_MS = 60_000;

export class DoneBefore {
  readonly #path: string;
  readonly #known = new Map<string, Performed>();
  readonly #beats: Done[] = [];
  #bytes = 0;
  #file: number | null = null;
  #broken = false;

  /**
   * @param id of the activity and what it was asked for, the same for all its attempts
   * @param beat what the last attempt's heartbeat carried
   */
  constructor(root: string, id: string, beat: unknown) {
    this.#path = join(root, '.ratchet', 'batches', `${sha256(id)}.jsonl`);
    for (const done of Beat.safeParse(beat).data?.done ?? []) this.#know(done);
    for (const line of textOf(this.#path).split('\n')) {
      const done = Done.safeParse(parsed(line)).data;
      if (done) this.#know(done);
    }
  }

  get(node: string): Performed | undefined {
    return this.#known.get(node);
  }

  /** Before this returns the file has it, unless the disk takes no more. */
  add(node: string, { output, readAsOf }: Performed): void {
    this.#know({ node, output, readAsOf });
    if (this.#broken) return;
    try {
      if (this.#file === null) {
        mkdirSync(dirname(this.#path), { recursive: true });
        this.#file = openSync(this.#path, 'a');
        // What a death left half written must not take the next line along.
        writeSync(this.#file, '\n');
      }
      writeSync(this.#file, `${JSON.stringify({ node, output, readAsOf })}\n`);
    } catch {
      this.#broken = true;
    }
  }

  /** What the next heartbeat carries. */
  beat(): { done: readonly Done[] } {
    return { done: this.#beats };
  }

  close(): void {
    if (this.#file === null) return;
    closeSync(this.#file);
    this.#file = null;
    setTimeout(() => rmSync(this.#path, { force: true }), KEPT_MS).unref();
  }

  #know(done: Done): void {
    if (this.#known.has(done.node)) return;
    this.#known.set(done.node, done);
    const bytes = jsonBytes(done) + 1;
    if (this.#bytes + bytes > BEAT_BYTES) return;
    this.#bytes += bytes;
    this.#beats.push(done);
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
