/** What continuousTraining refuses before there is a graph: what would be ignored, what cannot fit together, no rules. */
import { describeIssues } from '#contracts/describe-issues.ts';
import { milliseconds } from '#contracts/duration.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import type { Split } from '#contracts/stages/featurize.ts';
import { definitionError, shownValue } from '../graph/definition-error.ts';
import type { ContinuousTraining } from './options.ts';

/** Where the compiler did not see it: what would be ignored is an error. */
export function refuseSaidTwice(options: ContinuousTraining, at: string | null): void {
  const said = {
    source: 'data',
    reading: 'reading',
    timeColumn: 'time',
    target: 'target',
    task: 'task',
    features: 'select, derive …',
  };
  for (const [key, option] of Object.entries(said))
    if (key in (options.watch ?? {}))
      throw definitionError(
        at,
        `the watch of ${options.name} names ${key}: it looks at what is trained on, so leave it out and say it with ${option} of continuousTraining.`,
      );
}

/** Labels that are late for the watch are late for training, too: what no run as of now could do is told before the first one. */
export function refuseLateLabels(
  { name, time, holdout = 0.2, labelsAfter, watch }: ContinuousTraining,
  at: string | null,
): void {
  const watched = watch?.labelsAfter;
  if (labelsAfter !== undefined) {
    if (!/^\d+(\.\d+)?[smhd]$/.test(labelsAfter))
      throw definitionError(
        at,
        `labelsAfter of ${name} is ${shownValue(labelsAfter)}, not a duration: a number and a unit, '28d' or '12h'.`,
      );
    if (!time)
      throw definitionError(
        at,
        `the labels of ${name} come ${labelsAfter} after their rows, but no time column is named: add time: 'column'.`,
      );
    if (watched !== undefined && milliseconds(watched) !== milliseconds(labelsAfter))
      throw definitionError(
        at,
        `the labels of ${name} are ${labelsAfter} late for training and ${watched} late for the watch: say it once, labelsAfter: '${labelsAfter}' of continuousTraining, and leave it out of watch.`,
      );
    return;
  }
  if (watched === undefined || typeof holdout === 'number' || milliseconds(watched) < milliseconds(holdout)) return;
  throw definitionError(
    at,
    `the labels of ${name} come ${watched} after their rows (watch.labelsAfter) and the holdout is the last ${holdout} before a run: as of now none of its rows has a label. Write labelsAfter: '${watched}' beside holdout instead of in watch: gap, holdout and the end of training move with it.`,
  );
}

export function checkedRules(options: ContinuousTraining, at: string | null): GateRules {
  const example = "rules: { metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } }";
  if (options.rules === undefined)
    throw definitionError(
      at,
      `continuousTraining ${shownValue(options.name)} has no gate rules, so any model would be promoted: say what a candidate must show, ${example}.`,
    );
  // A holdout that moves on with time has new rows for the next verdict; one that is a share of the rows may be the same for years.
  const byTime = options.time !== undefined && typeof options.holdout === 'string';
  const rules: GateRules = byTime ? { holdout: 'fresh', ...options.rules } : options.rules;
  const parsed = GateRules.safeParse(rules);
  if (!parsed.success)
    throw definitionError(
      at,
      `the gate rules of ${options.name} are wrong: ${describeIssues(parsed.error.issues, rules).join('; ')}. For example ${example}.`,
    );
  return rules;
}

export function split(options: ContinuousTraining, at: string | null): (asOf: string) => Split {
  const { time, train: window, holdout = 0.2, labelsAfter } = options;
  if (typeof holdout === 'number') {
    const { gap } = options;
    if (window || gap)
      throw definitionError(
        at,
        `${options.name} has a ${window ? 'train' : 'gap'} of ${window ?? gap} beside a holdout of ${holdout} (a share): windows of time go together, train: '90d', holdout: '21d'.`,
      );
    return () => ({ by: 'share', holdout });
  }
  if (!time)
    throw definitionError(
      at,
      `the holdout of ${options.name} is ${holdout} long, but no time column is named: add time: 'column', or give the holdout as a share of the rows (0.2).`,
    );
  if (!window)
    throw definitionError(
      at,
      `the holdout of ${options.name} is ${holdout} long, but the training window before it has no length: add train: '90d'.`,
    );
  const gap = options.gap ?? labelsAfter;
  return (asOf) => ({ by: 'time', asOf, train: window, holdout, ...(gap ? { gap } : {}) });
}
