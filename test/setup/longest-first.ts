import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take a quarter of a minute and more on two quiet cores, the longest first. */
const LONG = [
  // It waits more than it computes: the next ones have the cores meanwhile.
  'workflows/stage-versions',
  'effects/failing-tasks',
  'integration/evaluate-and-gate',
  'integration/watch',
  'integration/promote',
  'integration/train',
  'integration/worker',
  'integration/gate-command',
  'integration/model-verbs',
  'integration/stages',
  'integration/publish',
  'integration/register',
  'integration/mlflow',
  'integration/estimate-command',
  'tables/hostile-tables',
  'integration/cache',
  'effects/stack-life',
  'tables/csv-dialects',
  'trainers/job-predictor',
  'integration/first-mistakes',
  'trainers/registry-guide',
  'effects/batches',
  'integration/code',
  'tables/cases',
  'integration/examples',
  'integration/audit-pack',
  'integration/executor-double',
  'integration/job-executor',
  'effects/wide-runs',
  'workflows/batched-maps',
  'workflows/ninety-days',
  'effects/worker-deaths',
  'effects/registry-writes',
  'trainers/trainer-contract',
  'trainers/judged-models',
  'effects/train-deaths',
  'effects/retry-takes-up',
  'effects/stack-start',
  'effects/loop-flood',
  'effects/step-host-crowd',
  'trainers/trainer-outage',
  'effects/copy-deaths',
  'unit/recipes',
  'unit/audit/changed',
  'unit/concept-simulation',
  'unit/simulate-gate',
  'unit/audit/killed',
  'unit/estimate-bad-input',
  'unit/authoring/wrong-wiring',
  'unit/estimate-controls',
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
