/** What makes a pipeline start by itself, as data: conditions and how they combine. */
import { z } from 'zod';
import { Duration } from './duration.ts';
import { Name } from './name-rule.ts';
import type { TriggerKind } from './trigger.ts';

const cronField = '[0-9A-Za-z*?,/#L-]+';
/** The shape alone: what the server makes of a line is judged where a pipeline is written, by `readCron`. */
const Cron = z
  .string()
  .regex(
    new RegExp(`^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|${cronField}( ${cronField}){4})$`),
    'five cron fields are wanted: minute hour day month weekday, "0 2 * * 1"',
  );
const Share = z.number().gt(0, 'a share above 0 is wanted').lte(1, 'a share up to 1 is wanted');
const TimeZone = z.string().refine((zone) => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}, 'an IANA time zone is wanted, Europe/Berlin');

/** Windows in a row that must show it, none of which shares a row with another: a look that does not show it starts the count anew. */
const windows = z.number().int().positive().max(24).default(1);
const figures = {
  metric: z.string().min(1),
  below: z.number().optional(),
  above: z.number().optional(),
  /** Worse than the champion was on its holdout by more than this. */
  dropFromChampion: z.number().positive().optional(),
  windows,
};

export const conditionShapes = {
  schedule: z.strictObject({ kind: z.literal('schedule'), cron: Cron, timezone: TimeZone.default('UTC') }),
  newRows: z.strictObject({ kind: z.literal('newRows'), atLeast: z.number().int().positive() }),
  newPartitions: z.strictObject({ kind: z.literal('newPartitions'), atLeast: z.number().int().positive().default(1) }),
  drift: z.strictObject({
    kind: z.literal('drift'),
    share: Share.optional(),
    column: z.string().min(1).optional(),
    windows,
  }),
  performance: z.strictObject({
    kind: z.literal('performance'),
    ...figures,
    /** The whole interval of this confidence must lie beyond the limit. Default: that which keeps the watch's `falseAlarms` a year. */
    confidence: z.number().gt(0.5).lt(1).optional(),
  }),
  estimatedPerformance: z.strictObject({ kind: z.literal('estimatedPerformance'), ...figures }),
  skew: z.strictObject({
    kind: z.literal('skew'),
    /** In more than this share of the vectors a feature differs. */
    share: Share.default(0.01),
    /** `view:feature`; default any. */
    feature: z.string().min(1).optional(),
  }),
  featureNulls: z.strictObject({
    kind: z.literal('featureNulls'),
    /** In more than this share of the vectors a feature has no value. */
    share: Share,
    /** `view:feature`; default any. */
    feature: z.string().min(1).optional(),
  }),
  freshness: z.strictObject({
    kind: z.literal('freshness'),
    /** Since the newest row of a view's source happened, at the time of the look. */
    olderThan: Duration,
    /** Default any of the watched service. */
    view: z.string().min(1).optional(),
  }),
  codeChange: z.strictObject({ kind: z.literal('codeChange'), paths: z.array(z.string().min(1)).min(1) }),
  upstream: z.strictObject({ kind: z.literal('upstream'), pipeline: Name }),
  manual: z.strictObject({ kind: z.literal('manual') }),
} satisfies Record<Exclude<TriggerKind, 'retry' | 'fork'>, z.ZodType>;
export type Condition = z.output<(typeof conditionShapes)[keyof typeof conditionShapes]>;

/**
 * A condition, or a combination of conditions.
 * @example
 * ```ts
 * const weekly: TriggerCondition = schedule('0 2 * * 1');
 * const either: TriggerCondition = { kind: 'any', of: [weekly, { kind: 'manual' }] };
 * ```
 */
export type TriggerCondition =
  | Condition
  | { kind: 'any' | 'all'; of: TriggerCondition[] }
  | { kind: 'not'; of: TriggerCondition };

type Shape = (typeof conditionShapes)[keyof typeof conditionShapes];
/** There is one at least: the type of a list does not say so. */
const [first, ...others] = Object.values(conditionShapes) as [Shape, ...Shape[]];
const kinds = [...Object.keys(conditionShapes), 'any', 'all', 'not'].join(', ');

export const TriggerCondition: z.ZodType<TriggerCondition> = z.lazy(() =>
  z.union(
    [
      z.discriminatedUnion('kind', [first, ...others]),
      z.strictObject({ kind: z.enum(['any', 'all']), of: z.array(TriggerCondition).min(1) }),
      z.strictObject({ kind: z.literal('not'), of: TriggerCondition }),
    ],
    {
      error: `a condition is wanted, { "kind": "newRows", "atLeast": 5000 } or { "kind": "any", "of": [ … ] }; kinds are ${kinds}`,
    },
  ),
);

const Clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day is wanted, "22:00"');

/** How the loop holds back what its triggers ask for. All times but `debounce` are measured in event time. */
export const LoopLimits = z.strictObject({
  /** A burst is gathered this long, from its first trigger, before a run is started. */
  debounce: Duration.default('0s'),
  /** Least time from the start of one run to the next. */
  coolDown: Duration.default('1h'),
  /** Most runs that the loop starts by itself in a calendar month (UTC); asking by hand counts, too, and is not held back. */
  budget: z.strictObject({ runsPerMonth: z.number().int().positive() }).optional(),
  /** No run starts in these hours: what asks for one waits for their end. */
  quietHours: z
    .array(
      z.strictObject({
        from: Clock,
        to: Clock,
        /** 1 is Monday, 7 Sunday: the day that the hours begin on. Default: every day. */
        days: z.array(z.number().int().min(1).max(7)).min(1).optional(),
        timezone: TimeZone.default('UTC'),
      }),
    )
    .max(20)
    .default([]),
  /** Neither does one start in these times; a person who asks is refused. */
  freeze: z
    .array(z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime(), reason: z.string().min(1).max(200) }))
    .max(100)
    .default([]),
  /** The loop stops, until somebody resumes it, after so many runs in a row that failed, or were refused. */
  breaker: z
    .strictObject({
      failures: z.number().int().positive().default(3),
      refusals: z.number().int().positive().default(6),
    })
    .default({ failures: 3, refusals: 6 }),
});
export type LoopLimits = z.output<typeof LoopLimits>;
