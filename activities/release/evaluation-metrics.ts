/** What an evaluation measured, as metrics of the candidate's MLflow run. Pure. */
import type { Comparison, Figure } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import { sha256 } from '../sha256.ts';

/** In one log-batch with the rest: MLflow takes 1,000 metrics. */
const MOST = { slices: 150, groups: 40 };
/** Of a name. MLflow takes 250 in all. */
const LONGEST = 60;

/** Name → finite value: `holdout_roc_auc`, `slice/carrier/AA/roc_auc`, `fairness/sex/equal_opportunity/difference`. */
export function evaluationMetrics(
  evidence: Evidence,
  comparison: Comparison | null,
  slicesBy: string,
): Record<string, number> {
  const names = new Set<string>();
  const metrics: Record<string, number> = {};
  const add = (parts: readonly string[], value: Figure | undefined): void => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return;
    const name = ownName(parts, names);
    names.add(name.toLowerCase());
    metrics[name] = value;
  };
  for (const [name, value] of Object.entries(evidence.candidate.metrics)) add([`holdout_${name}`], value);
  if (comparison)
    for (const [end, value] of [
      ['better_by', comparison.difference],
      ['better_by_lower', comparison.lower],
      ['better_by_upper', comparison.upper],
    ] as const)
      add([`holdout_${comparison.metric}_${end}`], value);
  const largest = [...evidence.slices].sort((a, b) => b.rows - a.rows).slice(0, MOST.slices);
  for (const { column, value, candidate, difference } of largest) {
    add(['slice', column, value, slicesBy], candidate[slicesBy]);
    add(['slice', column, value, `${slicesBy}_better_by`], difference?.[slicesBy]?.difference);
  }
  for (const { columns, candidate, groups } of evidence.fairness?.attributes ?? []) {
    const attribute = columns.join(' ');
    for (const [criterion, { difference, ratio }] of Object.entries(candidate)) {
      add(['fairness', attribute, criterion, 'difference'], difference);
      add(['fairness', attribute, criterion, 'ratio'], ratio);
    }
    for (const group of groups.slice(0, Math.floor(MOST.groups / (evidence.fairness?.attributes.length ?? 1))))
      for (const [rate, value] of Object.entries(group.candidate))
        add(['fairness', attribute, group.values.join(' '), rate], value);
  }
  return metrics;
}

/**
 * Letters, digits, `_`, `-`, `.`, spaces and slashes between parts: what every MLflow takes. What two would share, in whatever case, is told apart
 * by a digest of the part.
 */
function ownName(parts: readonly string[], taken: ReadonlySet<string>): string {
  const name = parts.map(plainPart).join('/');
  return taken.has(name.toLowerCase()) ? `${name}-${sha256(JSON.stringify(parts)).slice(0, 8)}` : name;
}

/** A path of dots alone, or an empty one, is no name for MLflow. */
function plainPart(part: string): string {
  const plain = part
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9_. -]+/g, '_')
    .slice(0, LONGEST)
    .trim();
  return /^[. ]*$/.test(plain) ? '_' : plain;
}
