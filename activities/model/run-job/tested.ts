/** The output of a step whose program is tests: what they found, and their report in the store. */
import { join } from 'node:path';
import type { FileRef } from '#contracts/data.ts';
import type { GateCheck } from '#contracts/gate-check.ts';
import type { Json } from '#contracts/json.ts';
import { type JobLog, JUNIT_REPORT } from '#ports/executor.ts';
import type { StageContext } from '../../stage.ts';
import { keepFile, type OutputNeeds } from './outputs.ts';
import { checkOf, readTestReport } from './test-report.ts';

/**
 * @returns a {@link GateCheck} as `check`, and the JUnit XML as `report`; null where the command wrote none
 * @throws UserError InvalidOutput for a report that is no JUnit XML
 */
export async function tested(
  needs: OutputNeeds,
  id: string,
  { workdir, signal }: Pick<StageContext, 'workdir' | 'signal'>,
  { name, code, log }: { name: string; code: number | null; log: JobLog },
): Promise<Json> {
  const path = join(workdir, JUNIT_REPORT);
  const absent = (await needs.executor.fetch(id, JUNIT_REPORT, path, signal)) !== null;
  const lastLine = log.text.trimEnd().split('\n').at(-1) ?? '';
  const report: FileRef | null = absent ? null : await keepFile(needs, path, signal);
  const found = checkOf(name, { code, report: absent ? null : await readTestReport(path), lastLine });
  const check: GateCheck = report ? { ...found, report: report.uri } : found;
  return { check, report };
}
