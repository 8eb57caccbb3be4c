import type { Evidence } from '#contracts/evidence.ts';

type Compared = Evidence['comparisons'][number];

/** Where a comparison's interval is from, and of how many what it is. */
export function intervalInWords({ method, unit, resamples }: Compared): string {
  const drawn = `over ${resamples.toLocaleString('en-US')} resamples`;
  switch (method) {
    case 'block-bootstrap':
    case 'cluster-bootstrap':
      return `paired bootstrap ${drawn} of ${unitsInWords(unit)}`;
    case 'student-t-by-blocks':
    case 'student-t-by-clusters':
      return `Student’s t by ${unitsInWords(unit)}`;
    case 'delong':
      return 'DeLong';
    case 'mcnemar-midp':
      return 'McNemar (mid-p), widened by Tango’s score interval';
    case 'paired-t':
      return 'Student’s paired t over the same rows';
    case 'paired-t-by-units':
      return `Student’s paired t by ${unitsInWords(unit)}`;
    case 'wilcoxon':
      return 'Wilcoxon’s signed ranks over the same rows';
    default:
      return `paired bootstrap ${drawn} of the same rows`;
  }
}

function unitsInWords(unit: Compared['unit']): string {
  const count = (unit?.count ?? 0).toLocaleString('en-US');
  if (unit?.by === 'clusters') return `${count} clusters of rows with one ${unit.length ?? 'value'}`;
  return `${count} blocks of ${unit?.length ?? 'time'}`;
}
