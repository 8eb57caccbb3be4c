/** The whole of what an evaluation measured: the JSON that an EvidenceRef points at. The same input gives the same bytes, times of requests aside. */
import { z } from 'zod';
import { ChampionFields, Comparison, EvidenceFields, Figure, SliceFigures } from './data.ts';
import { ErrorExamples } from './error-examples.ts';
import { InputExample, Signature } from './signature.ts';
import { WorstSlices } from './worst-slices.ts';

const Point = z.tuple([z.number(), z.number()]);
const Bin = z.object({ rows: z.number().int(), predicted: z.number(), observed: z.number() });
/** The same figure of both models; null where there is no champion. */
const both = <T extends z.ZodType>(figures: T) => z.object({ candidate: figures, champion: figures.nullable() });

const shape = EvidenceFields;
export const Evidence = z.object({
  format: z.literal(1),
  task: shape.task,
  target: z.string(),
  /** Labels in the order of the confusion matrix, the positive one last of two; null for a regression. */
  classes: z.array(z.string()).nullable(),
  /** Scores from here on count as positive; null unless there are two classes. */
  threshold: z.number().nullable(),
  rows: z.number().int(),
  dropped: z.object({ target: z.number().int(), candidate: z.number().int(), champion: z.number().int() }),
  overlap: shape.overlap,
  directions: z.record(z.string(), z.boolean()),
  /** Metric → what it says, in one line. */
  meanings: z.record(z.string(), z.string()),
  candidate: shape.candidate,
  champion: z
    .object({
      ...z.object(ChampionFields).omit({ kind: true, uri: true }).shape,
      metrics: z.record(z.string(), Figure),
    })
    .nullable(),
  comparisons: z.array(Comparison),
  intervals: shape.intervals,
  scored: shape.scored,
  reuse: shape.reuse,
  churn: shape.churn,
  /** As MLflow logged them with the models; null where there is none. Absent in evidence of earlier versions. */
  signatures: both(Signature.nullable()).optional(),
  /** The candidate's; absent where it was not asked for. */
  inputExample: InputExample.optional(),
  fairness: shape.fairness,
  latency: shape.latency,
  calibrationFit: shape.calibrationFit,
  robustness: shape.robustness,
  minimumSliceRows: z.number().int(),
  slices: z.array(SliceFigures),
  /** Values of a slice column beyond the bound, by column. */
  slicesLeftOut: z.array(z.object({ column: z.string(), values: z.number().int(), rows: z.number().int() })),
  /** Bins by rising prediction: mean prediction against what was observed. */
  calibration: both(z.array(Bin)).nullable(),
  confusion: both(z.array(z.array(z.number()))).nullable(),
  roc: both(z.array(Point)).nullable(),
  precisionRecall: both(z.array(Point)).nullable(),
  /** Rows that one model gets wrong and the other right. Absent where none are kept, and in evidence of earlier versions. */
  examples: ErrorExamples.optional(),
  /** What a search found; absent where none was made, and in evidence of earlier versions. */
  worstSlices: WorstSlices.optional(),
  data: z.object({ uri: z.string(), digest: z.string() }),
  /** What a reader should know of how the figures came about. */
  notes: z.array(z.string()),
});
export type Evidence = z.output<typeof Evidence>;
