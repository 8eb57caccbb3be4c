/** The steps that a bundle defines, and the module that each came from. */

import type { Step } from '#contracts/step.ts';
import { STEP_REGISTRY } from '#contracts/step-registry.ts';
import { userFrames } from './user-frame.ts';

type AnyStep = Step<unknown, unknown>;

/** Installed before the bundle is loaded: notes who called, since a step's `run` may come from another module than its factory. */
class NotingRegistry extends Map<string, AnyStep> {
  readonly origins: Record<string, string> = {};
  readonly #root: string;
  constructor(root: string) {
    super();
    this.#root = root;
  }
  override set(name: string, step: AnyStep): this {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 100;
    // The outermost module imports the inner ones, so its closure counts them all.
    const origin = userFrames(new Error().stack, this.#root).at(-1)?.file;
    Error.stackTraceLimit = limit;
    if (origin) this.origins[name] = origin;
    return super.set(name, step);
  }
}

export function installRegistry(root: string): { steps: Map<string, AnyStep>; origins: Record<string, string> } {
  const registry = new NotingRegistry(root);
  Object.assign(globalThis, { [STEP_REGISTRY]: registry });
  return { steps: registry, origins: registry.origins };
}
