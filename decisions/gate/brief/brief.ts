/**
 * What a model owner asks first, answered in plain words from what was measured and decided: what would change, for whom it
 * gets worse, how sure that is, what is not known. Pure: the same evidence and verdict give the same words.
 */
import { changeOf } from './change.ts';
import type { Judged } from './judged.ts';
import { sureOf } from './sure.ts';
import { unknownOf } from './unknown.ts';
import { worseOf } from './worse.ts';

export interface Brief {
  readonly change: readonly string[];
  readonly worse: readonly string[];
  readonly sure: readonly string[];
  readonly unknown: readonly string[];
}

export function briefOf(judged: Judged): Brief {
  return {
    change: changeOf(judged),
    worse: worseOf(judged),
    sure: sureOf(judged),
    unknown: unknownOf(judged),
  };
}
