/** A stage of a `dvc.yaml`, with all its templates resolved. */
import type { Value } from './value.ts';

interface StagePath {
  /** As it is written, of the stage's working directory: what dvc.lock says. */
  readonly path: string;
  readonly absolute: string;
}
export interface StageParams extends StagePath {
  /** Null: the whole file. */
  readonly keys: readonly string[] | null;
}
export interface StageOut extends StagePath {
  readonly kind: 'outs' | 'metrics' | 'plots';
  /** false: Git keeps the bytes. */
  readonly cache: boolean;
  /** true: not removed before the stage runs. */
  readonly persist: boolean;
  readonly push: boolean;
  readonly remote: string | undefined;
}
export interface Stage {
  /** `train`, `train@eu-1`. */
  readonly name: string;
  /** The name; of a dvc.yaml in another folder `sub/dvc.yaml:train`. */
  readonly address: string;
  /** dvc.yaml, absolute. */
  readonly file: string;
  readonly wdir: string;
  /** A text, or a list of them. */
  readonly cmd: Value;
  readonly deps: readonly StagePath[];
  readonly params: readonly StageParams[];
  readonly outs: readonly StageOut[];
  readonly frozen: boolean;
  /** Also a stage without deps and outs. */
  readonly alwaysChanged: boolean;
}
