/**
 * What one workflow task may hand to Temporal: all commands of a task go in one message, and a task whose message is too
 * large fails again and again. What has no room waits for the next task.
 */
import { patched, sleep, workflowInfo } from '@temporalio/workflow';
import { PAYLOAD_LIMIT } from '#contracts/json.ts';

/** Of the arguments of all commands of one task, bytes of JSON: a quarter of what a message takes. */
const TASK_LIMIT = 1024 * 1024;
/** Of all commands of a run: what its history is to hold of them. It is read as a whole, by people and by workers. */
const HISTORY_ROOM = 2 * 1024 * 1024;
/** An input from this size on lies in the store once that room is taken. */
const WORTHWHILE = 4 * 1024;

export class CommandRoom {
  /** The task that is filled now, by the length of the history that it began with: the same when it is replayed. */
  #task = -1;
  #bytes = 0;
  #all = 0;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  /** Whether an input of so many bytes is to lie in the store, and not in the history. */
  isTooLarge(bytes: number): boolean {
    if (bytes > PAYLOAD_LIMIT) return true;
    return bytes >= WORTHWHILE && this.#all + bytes > HISTORY_ROOM && patched('a wide run’s inputs lie in the store');
  }

  /** Says that a command with so many bytes will be asked for, so that the next one finds the room taken. */
  note(bytes: number): void {
    this.#all += bytes;
  }

  /**
   * Asked before a command with `bytes` of arguments is given. Undefined, at once, as long as there is room: whoever
   * waited for nothing would give his command later than a history of before has it.
   * @param noted how many of them were noted before
   */
  enter(bytes: number, noted = 0): Promise<void> | undefined {
    this.#all += bytes - noted;
    if (this.#waiting === 0 && this.#fits(bytes)) {
      this.#bytes += bytes;
      return undefined;
    }
    if (!patched('commands are sent in batches by bytes')) return undefined;
    const before = this.#last;
    this.#waiting++;
    this.#last = this.#turn(bytes, before).finally(() => this.#waiting--);
    return this.#last;
  }

  async #turn(bytes: number, before: Promise<void>): Promise<void> {
    // Whoever was cancelled while he waited leaves his place to the next one.
    await before.catch(() => undefined);
    while (!this.#fits(bytes)) await sleep(1);
    this.#bytes += bytes;
  }

  #fits(bytes: number): boolean {
    const { historyLength } = workflowInfo();
    if (historyLength !== this.#task) {
      this.#task = historyLength;
      this.#bytes = 0;
    }
    return this.#bytes === 0 || this.#bytes + bytes <= TASK_LIMIT;
  }
}
