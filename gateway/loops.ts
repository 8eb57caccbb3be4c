/** What the gateway needs of the loops of pipelines. Each promise is kept by Temporal before it resolves. */
import type { Decision } from '#contracts/decision.ts';
import type { LoopStatus, RetrainAnswer, RetrainRequest } from '#contracts/loop/answers.ts';
import type { Evidence } from '#contracts/loop/evidence.ts';

export interface Loops {
  /** @throws UnknownPipeline when none was deployed under this name. */
  mustKnow(pipeline: string): Promise<void>;
  /** Resolves when the evidence is in the loop's history. @throws UnknownPipeline */
  deliver(pipeline: string, evidence: Evidence): Promise<void>;
  /** @throws UnknownPipeline */
  retrain(pipeline: string, request: RetrainRequest): Promise<RetrainAnswer>;
  /** @throws UnknownPipeline */
  status(pipeline: string): Promise<LoopStatus>;
  /** Newest first, those numbered below `before`. @throws UnknownPipeline */
  decisions(pipeline: string, page: { limit: number; before: number | null }): Promise<Decision[]>;
  /** Whether the loops can be reached now. */
  reachable(): Promise<boolean>;
}

/** No loop was deployed under this name. */
export class UnknownPipeline extends Error {
  override readonly name = 'UnknownPipeline';
  readonly pipeline: string;
  constructor(pipeline: string) {
    super(`There is no loop of "${pipeline}".`);
    this.pipeline = pipeline;
  }
}
