/** What of a column can be drawn: bins that both sides share, or the categories that changed most. */
import type { DriftDistribution } from '#contracts/drift.ts';
import { countIn, evenEdges } from '../statistics/drift/histogram.ts';
import type { NumberSides, TextSides } from './sides.ts';

const MOST_BINS = 30;
const MOST_CATEGORIES = 20;
const LONGEST_NAME = 80;

/** Null when the range is too wide for a double, or for buckets, whose names nobody knows. */
export function numberDistribution({ reference, current }: NumberSides): DriftDistribution | null {
  const first = Math.min(reference.values[0]!, current.values[0]!);
  const last = Math.max(reference.values.at(-1)!, current.values.at(-1)!);
  if (!Number.isFinite(last - first)) return null;
  const bins = Math.max(1, Math.min(MOST_BINS, reference.values.length + current.values.length));
  const edges = first === last ? evenEdges(first - 0.5, last + 0.5, 1) : evenEdges(first, last, bins);
  return {
    of: 'numbers',
    edges: [...edges],
    reference: [...countIn(edges, reference)],
    current: [...countIn(edges, current)],
  };
}

/** The largest changes of share first; the rest together. */
export function categoryDistribution(
  names: readonly string[],
  { reference, current, referenceSize, currentSize }: Omit<TextSides, 'names' | 'buckets'>,
): DriftDistribution {
  const change = (i: number) => Math.abs(current[i]! / currentSize - reference[i]! / referenceSize);
  const most = (i: number) => Math.max(current[i]! / currentSize, reference[i]! / referenceSize);
  const order = names.map((_, i) => i).sort((a, b) => change(b) - change(a) || most(b) - most(a) || a - b);
  const shown = order.slice(0, MOST_CATEGORIES);
  const rest = order.slice(MOST_CATEGORIES);
  const sum = (counts: Float64Array) => rest.reduce((total, i) => total + counts[i]!, 0);
  return {
    of: 'categories',
    categories: shown.map((i) => ({
      value: shortened(names[i]!),
      reference: reference[i]!,
      current: current[i]!,
    })),
    other: { categories: rest.length, reference: sum(reference), current: sum(current) },
  };
}

function shortened(name: string): string {
  const characters = [...name];
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME - 1).join('')}…` : name;
}
