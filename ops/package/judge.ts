/** A packed package, judged by publint (is it what npm and Node expect) and attw (do its types resolve as its code does). */
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** Node has had `require` of ES modules since 20.19, the oldest that is served: nothing is built for what came before. */
const unserved = ['node10', 'node16-cjs'];

/**
 * @param tarball what `npm pack` wrote
 * @returns what is wrong with it, a line each
 */
export async function faultsOf(tarball: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
  const analysis = await checkPackage(createPackageFromTarballData(tarball));
  const unresolved = analysis.types
    ? analysis.problems.filter((problem) => !('resolutionKind' in problem && unserved.includes(problem.resolutionKind)))
    : [{ kind: 'NoTypes' }];
  return [
    ...messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`),
    ...unresolved.map((problem) => `attw: ${JSON.stringify(problem)}`),
  ];
}
