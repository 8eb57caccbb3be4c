/** What a simulated life of a loop is made from, and what is told of it. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Decision } from '#contracts/decision.ts';
import type { Json } from '#contracts/json.ts';
import type { LoopStatus, Provisional, RetrainAnswer } from '#contracts/loop/answers.ts';
import type { EvidenceInput, EvidenceKind } from '#contracts/loop/evidence.ts';
import type { RunRecord, StepCall } from '#contracts/run.ts';
import type { Pipeline } from '../define-pipeline.ts';
import type { Metrics, SimulatedVersion } from './stages.ts';

/**
 * A day of the simulation: what happens on it is told by these.
 * @example
 * ```ts
 * const monday = async (day: SimulatedDay) => {
 *   await day.rows(20_000);
 *   if (day.number > 30) await day.drift(0.4, ['plan']);
 * };
 * ```
 */
export interface SimulatedDay {
  /** From 1. */
  readonly number: number;
  /** Midnight of this day in the simulation, UTC. */
  readonly date: string;
  /** So many new rows came. */
  rows(count: number): Promise<void>;
  drift(share: number, columns?: string[]): Promise<void>;
  /** Measured on matured labels; `estimated: true` without. */
  metric(name: string, value: number, more?: { estimated?: boolean; champion?: number }): Promise<void>;
  /** Labels are complete up to here; default this day. */
  labels(until?: string): Promise<void>;
  codeChange(paths: string[]): Promise<void>;
  retrain(by: string, reason?: string): Promise<RetrainAnswer>;
  tell<K extends EvidenceKind>(kind: K, evidence: Omit<EvidenceInput<K>, 'id' | 'at'>): Promise<void>;
}
/**
 * What the loop did on one day, after all of it was decided and every run had ended or waits for somebody.
 * @example
 * ```ts
 * const line = ({ date, state, champion }: DayReport) => `${date.slice(0, 10)} ${state}, champion ${champion ?? 'none'}`;
 * ```
 */
export interface DayReport {
  number: number;
  date: string;
  decisions: Decision[];
  state: LoopStatus['state'];
  champion: string | null;
}
/**
 * What came of a simulation.
 * @example
 * ```ts
 * const promotions = ({ decisions }: SimulationResult) => decisions.filter(({ outcome }) => outcome === 'promoted').length;
 * ```
 */
export interface SimulationResult {
  days: DayReport[];
  decisions: Decision[];
  runs: RunRecord[];
  versions: SimulatedVersion[];
  champion: SimulatedVersion | null;
  /** How far the simulated clock went, and how long it really took. */
  simulatedMs: number;
  realMs: number;
}
/**
 * What a loop lives through.
 * @example
 * ```ts
 * const quarter: Simulation = {
 *   ...{ environment, pipeline: churn, days: 90 },
 *   day: (day) => day.rows(1_000),
 *   candidate: () => ({ roc_auc: 0.71 }),
 * };
 * ```
 */
export interface Simulation {
  /** `await TestWorkflowEnvironment.createTimeSkipping()`, of @temporalio/testing. One simulation at a time. */
  environment: TestWorkflowEnvironment;
  // Params and result differ from pipeline to pipeline.
  // biome-ignore lint/suspicious/noExplicitAny: any pipeline is welcome
  pipeline: Pipeline<any, any>;
  days: number;
  /** What happens on a day, early in its morning. Schedules fire by themselves. */
  day(day: SimulatedDay): Promise<void> | void;
  /** What a model trained as of this time shows on its holdout: `{ roc_auc: 0.71 }`. */
  candidate(asOf: string): Metrics;
  /** What an older version shows on the newest holdout. Default: as on its own. */
  aged?(version: SimulatedVersion, asOf: string): Metrics;
  /** What matured labels say of a provisional version and the one before it; null: too few. Default: as on their holdouts. */
  cohort?(provisional: Provisional): { champion: Metrics; previous: Metrics } | null;
  /** Half the width of a comparison's interval; default 0.005. */
  interval?: number;
  /** Who answers an approval that a run waits for, on this day; null or absent: nobody, until it times out. */
  approve?(asked: { date: string; runId: string; title: string }): { by: string; approved: boolean } | null;
  /** Steps of the pipeline's own. */
  steps?: Record<string, (input: Json, call: StepCall) => unknown>;
}
