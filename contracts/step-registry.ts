/**
 * The key on globalThis of a `Map<string, Step>`: where defineStep and scriptStep leave each step by name, so that a
 * host finds its `run` without building a graph. The last definition of a name wins; a graph that uses another step of
 * that name is a definition error. A file of its own, without zod: every step host loads it.
 */
export const STEP_REGISTRY = Symbol.for('ratchet-ml.steps');
