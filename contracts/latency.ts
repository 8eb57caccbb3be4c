/** How quickly a model answers: what is measured of its serving process, and under which load. */
import { z } from 'zod';
import { Duration } from './duration.ts';
import { Figure } from './trigger.ts';

/** How long a request may take: a number and ms or s. `50ms`, `1.5s`. */
type RequestTime = `${number}${'ms' | 's'}`;
const RequestTime = z.custom<RequestTime>(
  (value) => typeof value === 'string' && /^\d+(\.\d+)?m?s$/.test(value) && requestMilliseconds(value) > 0,
  'a time of a request is a number above 0 and a unit: 50ms, 1.5s',
);
export const requestMilliseconds = (time: string): number =>
  Number.parseFloat(time) * (time.endsWith('ms') ? 1 : 1_000);

/** How much memory: a number and MiB or GiB. `512MiB`, `2GiB`. */
type MemorySize = `${number}${'MiB' | 'GiB'}`;
const MemorySize = z.custom<MemorySize>(
  (value) => typeof value === 'string' && /^\d+(\.\d+)?[MG]iB$/.test(value) && memoryBytes(value) > 0,
  'an amount of memory is a number above 0 and a unit: 512MiB, 2GiB',
);
export const memoryBytes = (size: string): number =>
  Number.parseFloat(size) * (size.endsWith('GiB') ? 2 ** 30 : 2 ** 20);

/** Of a request. */
export const latencyFigures = ['mean', 'p50', 'p99'] as const;
export type LatencyFigure = (typeof latencyFigures)[number];

/** The load: requests one after the other, the candidate's and the champion's in turns. */
export const LoadOptions = z.strictObject({
  /** Rows of a request; default 1. */
  rows: z.number().int().min(1).max(100_000).default(1),
  /** Requests to each model; default 1,000. A 99th percentile is known from 368 on. */
  requests: z.number().int().min(20).max(100_000).default(1_000),
  /** Slower models are asked less often: all requests together take no longer than about this; default 1 minute. */
  within: Duration.default('1m'),
  /** How often each model's process is started; default 1. */
  starts: z.number().int().min(1).max(10).default(1),
});

const interval = z.object({ value: Figure, lower: Figure, upper: Figure });
const byFigure = z.object({ mean: interval, p50: interval, p99: interval });
const side = z.object({
  /** Milliseconds of a request, at the one who asks. */
  ...byFigure.shape,
  /** Milliseconds that a request was ready while other work had the cores, on average; they are not in the figures. Null: not counted by this system, and so in them. */
  waited: Figure.nullable(),
  /** The most that was resident, in bytes. */
  memory: z.number().int(),
  /** Milliseconds from a start of the process until it can be asked, without such waiting, one a start. */
  starts: z.array(z.number()),
});
export const Latency = z.object({
  /** Rows of a request. */
  rows: z.number().int(),
  /** Requests to each model that count. */
  requests: z.number().int(),
  confidence: z.number(),
  candidate: side,
  champion: side.nullable(),
  /** The candidate's figure ÷ the champion's; null without one. */
  ratio: byFigure.nullable(),
});
export type Latency = z.output<typeof Latency>;

const Ratio = z.number().positive();
/** Limits on what the serving process takes; a limit of a request holds for requests of `rows` rows, one at a time. */
export const LatencyRule = z
  .strictObject({
    /** Rows of a request; default 1. */
    rows: LoadOptions.shape.rows,
    mean: RequestTime.optional(),
    /** Half of the requests take at most this. */
    p50: RequestTime.optional(),
    /** 99 of 100 requests take at most this. */
    p99: RequestTime.optional(),
    /** At most so many times what the champion takes in the same minutes; a number is of the median. */
    notSlowerThan: z
      .union([
        Ratio,
        z
          .strictObject({ mean: Ratio.optional(), p50: Ratio.optional(), p99: Ratio.optional() })
          .refine((ratios) => Object.keys(ratios).length > 0, 'mean, p50 or p99 says what is compared'),
      ])
      .optional(),
    /** The most that the process may hold. */
    memory: MemorySize.optional(),
    /** Until a process that is started can be asked. */
    start: RequestTime.optional(),
    /** What 1,000 predictions cost on a machine with this price an hour that answers one request at a time. */
    cost: z
      .strictObject({
        perHour: z.number().positive(),
        /** Default: told, not judged. */
        per1000: z.number().positive().optional(),
      })
      .optional(),
  })
  .refine(
    ({ rows: _, ...limits }) => Object.keys(limits).length > 0,
    "a limit: p99: '50ms', mean, p50, notSlowerThan: 1.2, memory: '2GiB', start: '10s' or cost",
  );
export type LatencyRule = z.output<typeof LatencyRule>;

/** The load that a rule needs; null without one. */
export function loadOf({ latency }: { readonly latency?: z.input<typeof LatencyRule> | undefined }) {
  if (!latency) return null;
  return { rows: latency.rows ?? 1, ...(latency.start === undefined ? {} : { starts: 3 }) };
}
