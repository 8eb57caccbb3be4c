/** `ratchet-ml`: what a pipeline is written with. */
export type { CompiledGraph, StepDeclaration } from '#contracts/compiled.ts';
// Schemas as well as types: the input of a step of one's own is written with them.
export {
  ChampionRef,
  DatasetRef,
  EvidenceRef,
  Figure,
  FileRef,
  ModelRef,
  Verdict,
  VersionRef,
} from '#contracts/data.ts';
export type { Duration } from '#contracts/duration.ts';
export { UserError } from '#contracts/failures.ts';
export { GateCheck } from '#contracts/gate-check.ts';
export type { GateRules } from '#contracts/gate-rules.ts';
export type { Json } from '#contracts/json.ts';
export type { PlanNode } from '#contracts/plan.ts';
export type { DeclaredProgram } from '#contracts/program.ts';
export type { Split, View } from '#contracts/stages/featurize.ts';
export {
  checkSkew,
  evaluate,
  featurize,
  gate,
  getHistoricalFeatures,
  promote,
  publish,
  register,
  train,
  validateData,
} from '#contracts/stages/index.ts';
export type { Step, StepContext } from '#contracts/step.ts';
export type { Expectation } from '#contracts/validation.ts';
export {
  type AggregateFeature,
  approxDistinct,
  count,
  last,
  lastN,
  max,
  mean,
  min,
  std,
  sum,
  type WindowOf,
  type WindowOptions,
} from '#features/aggregates.ts';
export { type AskedFeatures, featuresOf } from '#features/asked.ts';
export type { FeatureDocument } from '#features/document.ts';
export { type Entity, type EntityOptions, entity } from '#features/entity.ts';
export { type FeatureView, type FeatureViewOptions, featureView } from '#features/feature-view.ts';
export {
  type FeatureInput,
  feature,
  type OnDemand,
  type OnDemandFeatures,
  type OnDemandOptions,
  onDemandFeatures,
} from '#features/on-demand.ts';
export { type DefinedFeatures, defineFeatures, type FeatureDefinitions } from '#features/repository.ts';
export { type FeatureService, type FeatureServiceOptions, featureService } from '#features/service.ts';
export { type PostgresSource, postgres, type Source, type SqlSource, sql } from '#features/source.ts';
export type { FeatureType, ResultOf, ValueOf, ValueType } from '#features/value-types.ts';
export type { Where } from '#features/where.ts';
export { definePipeline, type GraphContext, type Pipeline } from './define-pipeline.ts';
export { defineStep, type Memory, type StepOptions } from './define-step.ts';
export { type ColumnExpectations, type Expected, expect, type Mostly } from './expect.ts';
export type {
  Approval,
  ApprovalSpec,
  BlockOptions,
  Branch,
  ChildOptions,
  ChildWorkflow,
  Conditional,
  Failure,
  Graph,
  MapOptions,
  NodeOptions,
  RepeatOptions,
  Settled,
} from './graph/graph-types.ts';
export type { Ref, Resolved, Wired } from './graph/reference-types.ts';
export { continuousTraining } from './presets/continuous-training.ts';
export type { ContinuousTraining, SourceView } from './presets/options.ts';
export { type PromotionChecklist, promotionChecklist } from './presets/promotion-checklist.ts';
export { type ProgramOptions, program, python } from './program.ts';
export { scriptStep } from './script-step.ts';
export { type Tested, testStep } from './test-step.ts';
export {
  all,
  any,
  codeChange,
  drift,
  estimatedPerformance,
  featureNulls,
  freshness,
  manual,
  newPartitions,
  newRows,
  not,
  performance,
  schedule,
  skew,
  type TriggerCondition,
  upstream,
} from './triggers.ts';
