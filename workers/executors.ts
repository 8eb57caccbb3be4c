/** The kinds of executor that there are, each loaded when it is asked for. A worker has one: a step goes to it by its queue. */
import { UserError } from '#contracts/failures.ts';
import type { Executor } from '#ports/executor.ts';
import type { Staging } from '#ports/staging.ts';

/** What any of them may be made of. */
export interface ExecutorParts {
  /** The project's folder on this machine, below `.ratchet`. */
  below(...names: string[]): string;
  /** Any Python of this machine. */
  python: string;
  /** Folder of `trainers/`. */
  trainers: string;
  /** Brings to this machine what jobs read and run. */
  staging: Staging;
}

type Build = (parts: ExecutorParts) => Promise<Executor>;

const kinds: Record<string, Build> = {
  process: async ({ below, ...parts }) => {
    const { LocalExecutor } = await import('#adapters/process/local-executor.ts');
    return new LocalExecutor({ ...parts, root: below('jobs'), programs: below('jobs-files', 'programs') });
  },
};

/**
 * @param kind what RATCHET_EXECUTOR says; none: processes of this machine
 * @throws UserError InvalidInput for a kind that there is not, naming those that there are
 */
export async function createExecutor(kind: string | undefined, parts: ExecutorParts): Promise<Executor> {
  const build = Object.hasOwn(kinds, kind || 'process') ? kinds[kind || 'process'] : undefined;
  if (build) return build(parts);
  const names = Object.keys(kinds).sort();
  throw new UserError(
    'InvalidInput',
    `RATCHET_EXECUTOR is "${kind}", which is no kind of executor: there ${names.length > 1 ? 'are' : 'is'} ${names.join(', ')}. Set it to one of these, or unset it for processes of this machine.`,
  );
}
