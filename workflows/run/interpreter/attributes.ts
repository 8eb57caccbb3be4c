/** Search attributes: what a run is found by in Temporal. Gathered, and written with the next step, so that they cost one event together. */

import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Json } from '#contracts/json.ts';
import type { searchAttributes } from '#contracts/names.ts';
import { searchAttribute } from '#contracts/search-attribute.ts';
import { stages } from './stage-names.ts';

type Name = keyof typeof searchAttributes;
/** Letters of what a run waits for. */
const STAGE = 100;

export interface StageAttributes {
  /** A stage begins. Steps of the user's own are not stages and leave the attributes alone. */
  enter(step: string): void;
  /** A stage that had its result at once. It is written with whatever comes next: a run of a hundred such needs one event. */
  pass(step: string, output: Json): void;
  /** Nothing goes on until people do something: what, in a few words. */
  waits(text: string): void;
  /** What a stage's output says of the run. */
  learn(step: string, output: Json): void;
}

/** Inside a chunk: the run's own workflow carries the attributes. */
export const noAttributes: StageAttributes = {
  enter: () => undefined,
  pass: () => undefined,
  waits: () => undefined,
  learn: () => undefined,
};

export class RunAttributes implements StageAttributes {
  readonly #pending = new Map<Name, string>();
  readonly #written = new Map<string, unknown>();

  constructor() {
    for (const { key, value } of workflowInfo().typedSearchAttributes.getAll()) this.#written.set(key.name, value);
  }

  set(name: Name, value: string): void {
    if (this.#written.get(name) !== value) this.#pending.set(name, value);
  }

  enter(step: string): void {
    if (!stages.has(step)) return;
    this.set('RatchetStage', step);
    this.flush();
  }

  pass(step: string, output: Json): void {
    if (stages.has(step)) this.set('RatchetStage', step);
    this.learn(step, output);
  }

  waits(text: string): void {
    this.set('RatchetStage', text.slice(0, STAGE));
    this.flush();
  }

  learn(step: string, output: Json): void {
    for (const [name, path] of learned[step] ?? []) {
      const value = path.reduce<unknown>(
        (at, key) => (at as Record<string, unknown> | null | undefined)?.[key],
        output,
      );
      if (typeof value === 'string') this.set(name, value);
    }
  }

  flush(): void {
    if (this.#pending.size === 0) return;
    const pairs = [...this.#pending].map(([name, value]): SearchAttributeUpdatePair => {
      this.#written.set(name, value);
      return searchAttribute(name, value);
    });
    this.#pending.clear();
    upsertSearchAttributes(pairs);
  }
}

const learned: Record<string, [Name, string[]][]> = {
  validateData: [['RatchetDataDigest', ['snapshot', 'digest']]],
  gate: [['RatchetVerdict', ['record', 'outcome']]],
  register: [['RatchetModelVersion', ['ref', 'version']]],
  promote: [['RatchetModelVersion', ['champion']]],
};
