/** Outcomes that are not computed again: of the run that is taken up, and of this run before its champion moved. */
import { canonicalJson, type Json } from '#contracts/json.ts';
import type { NodeRecord } from '#contracts/run.ts';

export class Kept {
  readonly #byInstance = new Map<string, NodeRecord[]>();

  constructor(records: readonly NodeRecord[]) {
    for (const record of records) {
      const some = this.#byInstance.get(record.id);
      if (some) some.push(record);
      else this.#byInstance.set(record.id, [record]);
    }
  }

  /** The outcome of the same instance of the same step with an equal resolved input; the newest when there are several. */
  find(id: string, step: string, input: Json): NodeRecord | undefined {
    const some = this.#byInstance.get(id);
    if (!some) return undefined;
    const wanted = canonicalJson(input);
    return some.findLast((record) => record.step === step && canonicalJson(record.input) === wanted);
  }

  /** Those of one map, for the children that run its chunks. */
  under(prefix: string): NodeRecord[] {
    return [...this.#byInstance.values()].flat().filter((record) => record.id.startsWith(prefix));
  }
}
