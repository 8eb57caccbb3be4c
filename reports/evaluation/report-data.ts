/** What the page says, for programs. */
import type { Brief } from '#decisions/gate/brief/brief.ts';
import type { ReportRequest } from './report-request.ts';

/** Slices that it lists; the evidence has all of them. */
const LISTED = 200;

/** @param metric that slices are shown by */
export function reportData(
  { evidence, digest, verdict, files, lineage }: ReportRequest,
  brief: Brief | null,
  metric: string,
) {
  const decision = verdict?.decision;
  const { candidate, champion, overlap } = evidence;
  return {
    format: 1,
    pipeline: verdict?.pipeline ?? null,
    verdict: decision
      ? {
          outcome: decision.outcome,
          reasons: decision.reasons,
          distance: decision.distance,
          findings: decision.findings,
          against: decision.against,
        }
      : null,
    brief,
    rules: verdict?.rules ?? null,
    task: evidence.task,
    target: evidence.target,
    rows: evidence.rows,
    scored: evidence.scored ?? null,
    metrics: { candidate: candidate.metrics, champion: champion?.metrics ?? null },
    comparisons: evidence.comparisons,
    intervals: evidence.intervals ?? {},
    slices: {
      metric,
      list: evidence.slices.slice(0, LISTED).map(({ column, value, rows, candidate, champion, difference }) => ({
        ...{ column, value, rows },
        candidate: candidate[metric] ?? null,
        champion: champion?.[metric] ?? null,
        difference: difference?.[metric] ?? null,
      })),
      left: Math.max(0, evidence.slices.length - LISTED),
    },
    fairness: (evidence.fairness?.attributes ?? []).map(({ columns, candidate, champion }) => ({
      columns,
      candidate,
      champion,
    })),
    calibration: evidence.calibration,
    confusion: evidence.confusion && { classes: evidence.classes, ...evidence.confusion },
    examples: evidence.examples ?? null,
    worstSlices: evidence.worstSlices ?? null,
    lineage: {
      candidate: {
        ...{ digest: candidate.digest, run: candidate.runId },
        ...(lineage ?? { trainedOn: null, code: null, environment: null }),
      },
      champion: champion && {
        ...{ model: champion.model, version: champion.version },
        ...{ digest: champion.digest, run: champion.runId },
      },
      training: (overlap?.sides ?? []).map(({ side, training }) => ({ side, training })),
      holdout: evidence.data,
      evidence: digest,
      files: files ?? null,
    },
    notes: evidence.notes,
  };
}
