import type { Json } from '#contracts/json.ts';
import type { Block } from '#contracts/plan.ts';

/** A map whose list is known. */
export interface Items {
  /** Instance id of the map. */
  id: string;
  /** The map's id in the plan: what its body calls `<name>/item`. */
  name: string;
  body: Block;
  items: readonly Json[];
  /** Place of the first item in the whole list: a chunk starts in the middle. */
  first: number;
  concurrency: number;
  settled: boolean;
}
