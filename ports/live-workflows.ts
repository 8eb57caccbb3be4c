/** The workflows that go on, with all that was written into their histories: what a run refers to before it leaves a record. */
export interface LiveWorkflow {
  readonly id: string;
  readonly type: string;
  readonly startedAt: Date;
  /**
   * Every payload of its history so far, as text.
   * @throws UserError OutsideRefused for a payload that is not text, such as an encrypted one
   */
  texts(): AsyncIterable<string>;
}

export interface LiveWorkflows {
  /** Which server and namespace they are of. */
  identity(): Promise<{ readonly cluster: string; readonly namespace: string }>;
  /** As the listing knows them, which lags behind by a second or so. */
  all(): AsyncIterable<LiveWorkflow>;
}
