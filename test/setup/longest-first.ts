import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take a quarter of a minute and more on two quiet cores, the longest first. */
const LONG = [
  // These two wait more than they compute: the next ones have the cores meanwhile.
  'workflows/stage-versions',
  'workflows/failing-tasks',
  'workflows/loop-signals',
  'integration/trainer-contract',
  'integration/worker',
  'integration/stack-start',
  'integration/watch',
  'integration/evaluate-and-gate',
  'integration/promote',
  'integration/registry-writes',
  'integration/publish',
  'integration/retry-takes-up',
  'integration/train',
  'integration/gate-command',
  'integration/model-verbs',
  'integration/stages',
  'integration/copy-version',
  'integration/publish',
  'integration/estimate-command',
  'integration/step-host-crowd',
  'integration/batches',
  'integration/executor-double',
  'integration/job-executor',
  'integration/trainer-outage',
  'workflows/ninety-days',
  'integration/audit-pack',
  'unit/audit/killed',
  'unit/audit/changed',
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
