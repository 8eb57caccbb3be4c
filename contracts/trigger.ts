/** What starts a run. Apart from the references, because a workflow needs no schema of those. */
import { z } from 'zod';

/** A figure that may not be finite: JSON has no NaN, so those travel as strings. */
export const Figure = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);
export type Figure = z.output<typeof Figure>;
export const figure = (value: number): Figure => (Number.isFinite(value) ? value : (String(value) as Figure));

/** Why a run exists. */
export const Trigger = z.object({
  kind: z.enum([
    'manual',
    'schedule',
    'newRows',
    'newPartitions',
    'drift',
    'performance',
    'codeChange',
    'upstream',
    'retry',
    'fork',
  ]),
  id: z.string(),
  reason: z.string(),
  figures: z.record(z.string(), Figure).default({}),
  who: z.string(),
  at: z.iso.datetime(),
});
export type Trigger = z.output<typeof Trigger>;
