import type { Scores } from '#ports/predictor.ts';
import type { Task } from '../statistics/rows.ts';
import type { SeenRequest } from './overlap.ts';

export interface RowsRequest {
  readonly holdout: string;
  readonly target: string;
  readonly task: Task;
  readonly threshold: number;
  readonly candidate: Scores;
  readonly champion: Scores | null;
  /** Rows that a side was trained on; absent: none. */
  readonly seen?: SeenRequest;
}
