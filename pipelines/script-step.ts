import type { z } from 'zod';
import type { DeclaredProgram } from '#contracts/program.ts';
import type { Step, StepSettings } from '#contracts/step.ts';
import { checkedName, registered, type StepOptions, schema, settings } from './define-step.ts';
import { callSite } from './graph/call-site.ts';
import { definitionError } from './graph/definition-error.ts';
import type { JsonOutput } from './graph/reference-types.ts';
import { declared, type ProgramOptions, words } from './program.ts';

/**
 * A step that is a command: any program, told of its inputs by RATCHET_JOB as a trainer is, that writes its output as
 * JSON. It runs as a detached job, which survives its worker. `command` is split at blanks and given to no shell.
 * Throws UserError InvalidPipeline for a setting that cannot be.
 * @example
 * ```ts
 * const embed = scriptStep({
 *   name: 'embed',
 *   command: 'python embed.py',
 *   input: z.object({ rows: DatasetRef }),
 *   output: z.object({ vectors: DatasetRef }),
 * });
 * ```
 */
export function scriptStep<const I extends z.ZodObject, O extends z.ZodType>(
  spec: StepOptions &
    ProgramOptions & {
      name: string;
      input: I;
      output: JsonOutput<O>;
      /** `host` (default): comes back to the machine it was started on, to be re-attached. */
      place?: StepSettings['place'];
    } & ({ command: string | readonly string[]; program?: never } | { program: DeclaredProgram; command?: never }),
): Step<z.input<I>, z.output<O>> {
  const at = callSite(scriptStep);
  const name = checkedName(spec.name, at);
  const { command, program } = spec;
  if ((command === undefined) === (program === undefined))
    throw definitionError(
      at,
      `the script step ${name} needs one of command ('python evaluate.py') and program (python('evaluate.py')).`,
    );
  return registered({
    name,
    kind: 'script',
    input: schema(spec.input, 'input', name, at),
    output: schema(spec.output, 'output', name, at),
    program: program ?? declared(typeof command === 'string' ? words(command, at) : [...(command ?? [])], spec, at),
    settings: settings(spec, { timeout: '1d', memoryMb: null, place: spec.place ?? 'host' }, at),
  } as unknown as Step<z.input<I>, z.output<O>>); // the schemas' own types say what I and O are
}
