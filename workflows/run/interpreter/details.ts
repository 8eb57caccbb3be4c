/** The run as Markdown, for the page of the run in Temporal's Web UI. */
import type { NodeReport } from '#contracts/run.ts';
import type { Story } from '#contracts/run-story.ts';

const ROWS = 60;
const SPACE = '\u00a0';
const sign: Record<NodeReport['status'], string> = {
  waiting: '·',
  running: '▶',
  done: '✓',
  kept: '✓ kept',
  failed: '✗ failed',
  skipped: '– skipped',
  cancelled: '■ cancelled',
};

export function details(headline: string, story: Story | null, nodes: readonly NodeReport[]): string {
  const lines = [`**${plain(headline)}**`, ''];
  if (story?.verdict)
    lines.push(`Verdict: **${story.verdict}**`, '', ...story.reasons.map((reason) => `* ${plain(reason)}`), '');
  lines.push(row('node', 'status', 'time', 'note'), '| :-- | :-- | --: | :-- |');
  for (const { id, step, status, cached, ms, progress, reason } of nodes.slice(0, ROWS)) {
    const name = step && step !== id ? `${id} (${step})` : id;
    const state = cached ? `${sign[status]} cached` : sign[status];
    // What the column before it says already is left out: the page is narrow.
    lines.push(row(plain(name), state, time(ms), plain(progress ?? reason.replace(/^hit: same code and input /, ''))));
  }
  if (nodes.length > ROWS) lines.push('', `… and ${nodes.length - ROWS} more`);
  return lines.join('\n');
}

/** The page's table has no room between its columns, and breaks a time from its unit: no-break spaces give both. */
function row(name: string, state: string, took: string, note: string): string {
  const room = SPACE.repeat(2);
  const whole = [state, took].map((cell) => `${cell.replaceAll(' ', SPACE)}${room}`);
  return `| ${name}${room} | ${whole.join(' | ')} | ${note} |`;
}

function time(ms: number | null): string {
  if (ms === null) return '';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}

/** Keeps a cell one cell: no line breaks, no bars, no markup from outside. */
function plain(text: string): string {
  const short = text.length > 200 ? `${text.slice(0, 199)}…` : text;
  return short.replace(/\s+/g, ' ').replace(/[|<>*_`[\]\\]/g, (character) => `\\${character}`);
}
