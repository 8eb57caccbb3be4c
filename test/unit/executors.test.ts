/** Kinds of executor are asked for by name. */
import { expect, it } from 'vitest';
import { createExecutor, type ExecutorParts } from '#workers/executors.ts';
import { plainStaging } from '../fixtures/local-executor.ts';

const parts: ExecutorParts = {
  below: (...names) => ['/project/.ratchet', ...names].join('/'),
  ...{ python: 'python3', trainers: '/trainers', staging: plainStaging },
};

it('processes of this machine are the default', async () => {
  for (const kind of [undefined, '', 'process']) expect((await createExecutor(kind, parts)).kind).toBe('process');
});

it.each(['kubernetes', 'toString', '__proto__'])('%s is none: those that there are, and what to do', async (kind) => {
  await expect(createExecutor(kind, parts)).rejects.toMatchObject({
    type: 'InvalidInput',
    message: `RATCHET_EXECUTOR is "${kind}", which is no kind of executor: there is process. Set it to one of these, or unset it for processes of this machine.`,
  });
});
