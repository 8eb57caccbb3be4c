/** What a registered version says of itself: why it passed, in words, and where the evidence is. Pure. */
import type { Comparison, Figure, Verdict } from '#contracts/data.ts';

export interface VersionStory {
  /** The author's own words; '' for none. */
  description: string;
  verdict: Verdict;
  run: { id: string; pipeline: string; asOf: string };
  /** Page with the report for browsers; null when there is none. */
  reportPage: string | null;
}

/** Markdown, as MLflow's UI shows it. */
export function describeVersion({ description, verdict, run, reportPage }: VersionStory): string {
  const against = verdict.against === null ? 'First champion.' : `Judged against version ${verdict.against}.`;
  const figures = verdict.comparison ? compare(verdict.comparison, verdict.against) : null;
  const evidence = verdict.evidence.html ?? verdict.evidence.uri;
  return [
    description.trim(),
    [against, figures].filter(Boolean).join(' '),
    verdict.reasons.map((reason) => `- ${reason}`).join('\n'),
    reportPage ? `Report: [${reportPage}](${reportPage}) (\`${evidence}\`)` : `Evidence: \`${evidence}\``,
    `Run \`${run.id}\` of ${run.pipeline}, as of ${run.asOf}.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function compare(comparison: Comparison, against: string | null): string {
  const { metric, candidate, champion, difference, lower, upper, confidence } = comparison;
  const percent = Math.round(confidence * 1000) / 10;
  return `${metric} ${number(candidate)} against ${number(champion)}${against === null ? '' : ` of version ${against}`}: ${signed(difference)} (${percent} % interval ${signed(lower)} … ${signed(upper)}).`;
}

const number = (figure: Figure) => (typeof figure === 'number' ? String(Number(figure.toPrecision(4))) : figure);
const signed = (figure: Figure) => (typeof figure === 'number' && figure > 0 ? `+${number(figure)}` : number(figure));
