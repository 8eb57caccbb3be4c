/** The stage `register`: asks `model/<name>` for a version of the candidate. */

import type { z } from 'zod';
import type { Verdict } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { canonicalJson } from '#contracts/json.ts';
import { versionTag } from '#contracts/names.ts';
import type { register as registerStage } from '#contracts/stages/register.ts';
import type { Promotion } from '#ports/promotion.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import { sha256 } from '../sha256.ts';
import type { StageWork } from '../stage.ts';
import { describeVersion } from './describe-version.ts';
import { effectKey, registeredModel } from './effect-key.ts';

export interface RegisterDeps {
  promotion: Promotion;
  store: Pick<ObjectStore, 'key' | 'get'>;
  tracking: Pick<Tracking, 'run' | 'page' | 'uploadArtifact'>;
}

export function createRegister(deps: RegisterDeps): StageWork<'register'> {
  return async ({ candidate, verdict, approval, description, tags }, { run, signal, progress }) => {
    const approved = approvedBy(verdict, approval);
    if (verdict.outcome !== 'passed' && approved === null)
      throw new UserError(
        'InvalidInput',
        `the verdict is "${verdict.outcome}", and only a model that passed is registered: put register inside when(verdict.passed, …)`,
      );
    const model = registeredModel(run);
    progress(`registering ${model}`);
    const reportPage = await keepReport(deps, candidate.runId, verdict.evidence.html);
    const { version, already, note } = await deps.promotion.register(
      { model, environment: run.environment, asker: run.id, signal },
      {
        key: effectKey(candidate.digest, verdict.digest),
        candidate,
        verdict: {
          digest: verdict.digest,
          against: verdict.against,
          outcome: verdict.outcome,
          reasons: verdict.reasons,
          report: verdict.evidence.html,
        },
        description: describeVersion({ description, verdict, run, reportPage }),
        tags: {
          ...tags,
          'ratchet.run': run.id,
          [versionTag.pipeline]: run.pipeline,
          [versionTag.asOf]: run.asOf,
          ...(approved === null ? {} : { 'ratchet.approved.by': approved }),
          'ratchet.evidence': verdict.evidence.uri,
          'ratchet.trigger': `${run.trigger.kind}: ${run.trigger.reason}`,
        },
      },
    );
    progress(already ? `is version ${version.version} already` : `registered as version ${version.version}`);
    if (note) progress(note);
    return { ref: version, already };
  };
}

/**
 * Who approved of this very verdict, where it needs that; null: it does not.
 * @throws UserError InvalidInput where nobody did, or of something else
 */
function approvedBy(verdict: Verdict, approval: z.output<typeof registerStage.input>['approval']): string | null {
  if (verdict.outcome !== 'needs-approval') return null;
  const refuse = (why: string): never => {
    throw new UserError(
      'InvalidInput',
      `the verdict needs approval, and ${why}: write register inside when(answer.approved, …) of approval({ evidence: verdict.record, … }), with approval: answer`,
    );
  };
  if (!approval) return refuse('register was given none');
  if (!approval.approved) return refuse(`${approval.by || 'nobody'} did not approve`);
  const looked = sha256(canonicalJson(verdict));
  return approval.evidence === looked ? approval.by : refuse('what was approved is not this verdict');
}

/** Largest report that is copied, bytes. */
const MOST = 32 * 2 ** 20;

/**
 * Copies the report beside the candidate's run: a page that needs no signed link, for as long as MLflow lives.
 * The name is the report's digest, so that a repeat writes the same file again.
 */
async function keepReport(deps: RegisterDeps, runId: string, html: string | null): Promise<string | null> {
  if (html === null) return null;
  const [bytes, run] = await Promise.all([deps.store.get(deps.store.key(html)), deps.tracking.run(runId)]);
  if (bytes === null || bytes.length > MOST) return null;
  const path = `ratchet/report-${sha256(bytes).slice(0, 12)}.html`;
  await deps.tracking.uploadArtifact(runId, path, bytes);
  return `${deps.tracking.page(run)}/artifacts/${path}`;
}
