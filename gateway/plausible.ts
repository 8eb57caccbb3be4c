/** What evidence from outside must look like to be believed: figures that can be, windows that begin before they end, times of our age. */
import type { Evidence } from '#contracts/loop/evidence.ts';
import type { Figure } from '#contracts/trigger.ts';

/** What a clock of the outside may be ahead of ours: a time further ahead would hold back every later event. */
export const FUTURE_MS = 5 * 60_000;
/** Labels may be told to be complete up to the end of a day, in whatever zone it ends. */
const LABELS_AHEAD_MS = 36 * 3_600_000;
const EARLIEST = '1970-01-01T00:00:00Z';

export interface Doubt {
  path: string;
  message: string;
}

/** All that cannot be. The time of the event itself ahead of ours is told apart: it is another's clock. */
export function doubtsAbout(evidence: Evidence, now: number): Doubt[] {
  const doubts: (Doubt | null)[] = [past('at', evidence.at)];
  switch (evidence.kind) {
    case 'driftMeasured': {
      const { share, tested, columns, rows } = evidence;
      doubts.push(...windowDoubts(evidence.window, now), foreign(evidence.result));
      doubts.push(between('share', share, 0, 1));
      for (const [index, { value, threshold }] of columns.entries())
        doubts.push(finite(`columns.${index}.value`, value), finite(`columns.${index}.threshold`, threshold));
      if (tested !== null && tested < columns.filter(({ drifted }) => drifted).length)
        doubts.push({ path: 'tested', message: `${tested} columns were tested, more than that drifted` });
      if (rows === 0) doubts.push({ path: 'rows', message: 'nothing is measured on no rows' });
      break;
    }
    case 'metricObserved': {
      const { value, lower, upper, rows } = evidence;
      doubts.push(...windowDoubts(evidence.window, now), foreign(evidence.result), finite('value', value));
      doubts.push(finite('lower', lower), finite('upper', upper), finite('champion', evidence.champion));
      if (typeof lower === 'number' && typeof upper === 'number' && lower > upper)
        doubts.push({ path: 'lower', message: `an interval from ${lower} to ${upper} ends before it begins` });
      if (rows === 0) doubts.push({ path: 'rows', message: 'nothing is measured on no rows' });
      break;
    }
    case 'skewMeasured':
      doubts.push(...windowDoubts(evidence.window, now), foreign(evidence.result));
      if (evidence.vectors === 0) doubts.push({ path: 'vectors', message: 'nothing is measured on no vectors' });
      break;
    case 'labelsArrived':
      doubts.push(past('until', evidence.until), ahead('until', evidence.until, now + LABELS_AHEAD_MS));
      break;
    case 'fired':
      if (evidence.trigger === 'schedule')
        doubts.push({ path: 'trigger', message: 'the calendar speaks for itself: manual or upstream is wanted' });
      break;
    case 'dataArrived':
      for (const [index, { file, gone, told, parts }] of evidence.partitions.entries())
        if (file !== undefined || gone || told || parts !== undefined)
          doubts.push({ path: `partitions.${index}`, message: 'what became of a file is told by the watch alone' });
      if (evidence.growing)
        doubts.push({ path: 'growing', message: 'what became of a file is told by the watch alone' });
      break;
    case 'codeChanged':
      break;
  }
  return doubts.filter((doubt) => doubt !== null);
}

function windowDoubts(window: { from: string; to: string } | null, now: number): (Doubt | null)[] {
  if (!window) return [];
  const { from, to } = window;
  const inverted = Date.parse(from) >= Date.parse(to);
  return [
    past('window.from', from),
    ahead('window.to', to, now + LABELS_AHEAD_MS),
    inverted ? { path: 'window', message: `a window from ${from} to ${to} ends before it begins` } : null,
  ];
}

const past = (path: string, time: string): Doubt | null =>
  Date.parse(time) >= Date.parse(EARLIEST) ? null : { path, message: `${time} is before ${EARLIEST}` };

const ahead = (path: string, time: string, latest: number): Doubt | null =>
  Date.parse(time) <= latest ? null : { path, message: `${time} has not come yet` };

const finite = (path: string, figure: Figure | null): Doubt | null =>
  figure === null || typeof figure === 'number' ? null : { path, message: `${figure} is no figure to judge by` };

function between(path: string, figure: Figure | null, least: number, most: number): Doubt | null {
  if (figure === null) return null;
  if (typeof figure === 'number' && figure >= least && figure <= most) return null;
  return { path, message: `${figure} is not from ${least} to ${most}` };
}

/** Who reads evidence opens what it names: only the watch stores such results, and it tells of them by itself. */
const foreign = (result: object | null): Doubt | null =>
  result === null ? null : { path: 'result', message: 'a stored result is named by the watch alone: leave it out' };
