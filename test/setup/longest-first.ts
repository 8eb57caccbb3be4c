import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take half a minute and more on two quiet cores, the longest first. */
const LONG = [
  'workflows/loop-signals',
  'workflows/ninety-days',
  'integration/worker',
  'integration/trainer-contract',
  'integration/train',
  'integration/hostile-output',
  'integration/stack-start',
  'integration/watch',
  'integration/evaluate-and-gate',
  'unit/concept-simulation',
].map((name) => `test/${name}.test.ts`);

const rank = ({ moduleId }: TestSpecification) => {
  const place = LONG.findIndex((file) => moduleId.endsWith(file));
  return place === -1 ? LONG.length : place;
};

/** Begins with the longest files: one that begins last leaves the other cores idle while it ends. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
