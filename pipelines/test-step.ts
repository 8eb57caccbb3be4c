import { z } from 'zod';
import { FileRef } from '#contracts/data.ts';
import { GateCheck } from '#contracts/gate-check.ts';
import type { Step } from '#contracts/step.ts';
import { checkedName, registered, type StepOptions, schema, settings } from './define-step.ts';
import { callSite } from './graph/call-site.ts';
import { declared, type ProgramOptions, words } from './program.ts';

const output = z.object({ check: GateCheck, report: FileRef.nullable() });

/**
 * What a {@link testStep} gives: the check for a gate, and the JUnit XML where one was written.
 * @example
 * ```ts
 * const failed = ({ check }: Tested) => check.failures ?? [];
 * ```
 */
export type Tested = z.output<typeof output>;

/**
 * Tests as evidence for the gate: a pytest folder, or any command that tells by its exit code. It is run as a script step
 * is, with its input in RATCHET_JOB: a model there has `path`, the folder of its files. Tests that fail do not fail the step,
 * they are what it gives. A JUnit XML at `$RATCHET_JUNIT` names them (pytest writes it there by itself); without one the exit code decides. Never
 * cached unless `cache` says so. Throws UserError InvalidPipeline for a setting that cannot be.
 * @example
 * ```ts
 * const contract = testStep({
 *   name: 'contract',
 *   command: 'python -m pytest tests',
 *   lock: 'tests/requirements.lock',
 *   input: z.object({ model: ModelRef }),
 * });
 * ```
 */
export function testStep<const I extends z.ZodObject>(
  spec: StepOptions &
    ProgramOptions & {
      /** Also what the check is called. */
      name: string;
      /** Words, or a line that is split at blanks and given to no shell. */
      command: string | readonly string[];
      input: I;
    },
): Step<z.input<I>, Tested> {
  const at = callSite(testStep);
  const name = checkedName(spec.name, at);
  const { command, cache = false } = spec;
  const program = declared(typeof command === 'string' ? words(command, at) : [...command], spec, at);
  return registered({
    name,
    kind: 'script',
    input: schema(spec.input, 'input', name, at),
    output,
    program: { ...program, report: 'junit' },
    settings: settings({ ...spec, cache }, { timeout: '1h', memoryMb: null, place: 'host' }, at),
  } as unknown as Step<z.input<I>, Tested>); // the schemas' own types say what I is
}
