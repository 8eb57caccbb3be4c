/** From measured figures to the evidence that is stored, and to the reference that travels. */
import type { EvidenceRef } from '#contracts/data.ts';
import { Evidence } from '#contracts/evidence.ts';
import type { Reuse } from '#contracts/holdout-use.ts';
import { jsonBytes } from '#contracts/json.ts';
import type { Figures } from '#measures/evaluation/figures.ts';
import type { SeenRequest } from '#measures/evaluation/overlap.ts';
import type { EvaluateInput } from './models.ts';
import { overlapOf } from './overlap.ts';

/** Largest reference, bytes of JSON: well below what a step's output may hold. */
const REFERENCE_LIMIT = 40 * 1024;
/** Of which groups may take so many. */
const FAIRNESS_LIMIT = 8 * 1024;

/** What was found beside the figures; null, and absent: not asked for. */
interface Beside {
  readonly latency?: Evidence['latency'] | null;
  readonly reuse?: Reuse | null;
  readonly robustness?: Evidence['robustness'] | null;
  readonly inputExample?: Evidence['inputExample'];
}

/** Parsed, so that what is stored is what a reader's schema accepts. The same input gives the same text: no clock, no run. */
export function evidenceOf(
  input: EvaluateInput,
  seen: Omit<SeenRequest, 'times'>,
  figures: Figures,
  signatures: Evidence['signatures'],
  { latency = null, robustness = null, reuse = null, inputExample }: Beside = {},
): Evidence {
  const { candidate, champion, overlap, reused: _, ...measured } = figures;
  return Evidence.parse({
    format: 1,
    task: input.task,
    target: input.target,
    threshold: input.task === 'binary' ? input.threshold : null,
    minimumSliceRows: input.minimumSliceRows,
    ...measured,
    ...(latency ? { latency } : {}),
    ...(robustness ? { robustness } : {}),
    overlap: overlapOf(input, seen, overlap),
    candidate: { digest: input.candidate.digest, runId: input.candidate.runId, metrics: candidate },
    champion: input.champion && champion ? { ...named(input.champion), metrics: champion } : null,
    signatures,
    ...(inputExample === undefined ? {} : { inputExample }),
    ...(reuse ? { reuse } : {}),
    data: { uri: input.holdout.uri, digest: input.holdout.digest },
  });
}

const named = ({ model, version, runId, digest }: NonNullable<EvaluateInput['champion']>) => ({
  model,
  version,
  runId,
  digest,
});

/**
 * What travels in histories. When it grows too large, slices carry only the leading metric, then the smallest slices
 * stay behind: the gate reads the stored evidence, which has all of them.
 */
export function referenceTo(evidence: Evidence, stored: { uri: string; digest: string; html: string }): EvidenceRef {
  const { champion } = evidence;
  const all: EvidenceRef = {
    kind: 'evidence',
    uri: stored.uri,
    digest: stored.digest,
    html: stored.html,
    task: evidence.task,
    rows: evidence.rows,
    dropped: evidence.dropped,
    ...(evidence.overlap ? { overlap: evidence.overlap } : {}),
    directions: evidence.directions,
    candidate: evidence.candidate,
    champion: champion && { version: champion.version, digest: champion.digest, metrics: champion.metrics },
    comparisons: evidence.comparisons,
    slices: evidence.slices,
    ...(evidence.intervals ? { intervals: evidence.intervals } : {}),
    ...(evidence.scored ? { scored: evidence.scored } : {}),
    ...(evidence.reuse ? { reuse: evidence.reuse } : {}),
    ...(evidence.churn ? { churn: evidence.churn } : {}),
    ...travellingFairness(evidence),
    ...(evidence.latency ? { latency: evidence.latency } : {}),
    ...(evidence.robustness ? { robustness: evidence.robustness } : {}),
    ...(evidence.calibrationFit ? { calibrationFit: evidence.calibrationFit } : {}),
  };
  if (jsonBytes(all) <= REFERENCE_LIMIT) return all;
  const lead = Object.keys(evidence.candidate.metrics)[0] as string;
  const only = <T>(figures: Readonly<Record<string, T>>): Record<string, T> =>
    lead in figures ? { [lead]: figures[lead] as T } : {};
  const slices = [...evidence.slices]
    .sort((a, b) => b.rows - a.rows)
    .map(({ difference, intervals, ...slice }) => ({
      ...slice,
      candidate: only(slice.candidate),
      champion: slice.champion && only(slice.champion),
      ...(difference ? { difference: only(difference) } : {}),
      ...(intervals ? { intervals: only(intervals) } : {}),
    }));
  const bounded = { ...all, slices };
  while (bounded.slices.length > 0 && jsonBytes(bounded) > REFERENCE_LIMIT)
    bounded.slices = bounded.slices.slice(0, Math.floor(bounded.slices.length * 0.8));
  return bounded;
}

/** Without what the gate's intervals are from, and left out altogether where there are many groups. */
function travellingFairness({ fairness }: Evidence): Pick<EvidenceRef, 'fairness'> {
  if (!fairness) return {};
  const attributes = fairness.attributes.map(({ uncertainty: _, ...attribute }) => ({ ...attribute, small: [] }));
  const travelling = { ...fairness, attributes };
  return jsonBytes(travelling) <= FAIRNESS_LIMIT ? { fairness: travelling } : {};
}
