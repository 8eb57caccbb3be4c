import type { z } from 'zod';
import type { Step, StepSettings } from '../step.ts';

/** A stage of Ratchet's own: the spec lives here, the work in `activities/`. */
export function defineStage<N extends string, I extends z.ZodType, O extends z.ZodType>(spec: {
  name: N;
  /** Raise it when the same input would now give another output. */
  version: string;
  input: I;
  output: O;
  settings?: Partial<StepSettings>;
}): Step<z.input<I>, z.output<O>> & { readonly name: N; readonly input: I; readonly output: O } {
  const effect = spec.settings?.effect ?? false;
  return {
    name: spec.name,
    kind: 'stage',
    version: spec.version,
    input: spec.input as I & z.ZodType<unknown, z.input<I>>,
    output: spec.output as O & z.ZodType<z.output<O>>,
    settings: {
      effect,
      cache: !effect,
      files: [],
      timeout: '1h',
      attempts: 3,
      queue: null,
      place: 'any',
      memoryMb: null,
      definedAt: null,
      ...spec.settings,
    },
  };
}
