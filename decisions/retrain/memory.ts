/** A loop's memory at its beginning. */
import type { LoopMemory } from '#contracts/loop/activities.ts';
import { noFacts } from './facts.ts';

export const firstMemory: LoopMemory = {
  number: 0,
  clock: null,
  facts: noFacts,
  paused: null,
  broken: null,
  run: null,
  next: null,
  lastRunAt: null,
  month: { month: '', used: 0 },
  failures: 0,
  refusals: 0,
  watermark: null,
  labelsUntil: null,
  provisional: [],
  answered: [],
  handMoves: [],
  view: { state: 'idle', note: '', reasons: [], held: [], lacking: [] },
};
