/** Pipelines that are wide in bytes, of any width. */
import type { PlanNode } from '#contracts/plan.ts';
import { type PipelineCase, ref, step } from './harness.ts';

/** 50 KB of JSON. */
export const large = { text: 'x'.repeat(50_000) };
export const numbers = (length: number) => Array.from({ length }, (_, n) => n);
export const steps = {
  large: () => large,
  own: ({ n }: { n: number }) => ({ text: `${n}`.padEnd(50_000, 'x') }),
  length: ({ of }: { of: typeof large }) => of.text.length,
  count: ({ models }: { models: unknown[] }) => models.length,
  model: ({ n }: { n: number }) => ({ kind: 'model', n, uri: `models:/m-${n}`, digest: 'd'.repeat(400) }),
};

/** So many parallel nodes that read one output of 50 KB. */
export const readers = (many: number): PipelineCase => ({
  nodes: [step('large', 'large'), ...numbers(many).map((n) => step(`read${n}`, 'length', { of: ref('large') }))],
  result: ref(`read${many - 1}`),
  steps,
});

const mapOver = (many: number, nodes: PlanNode[]): PlanNode => ({
  ...{ id: 'each', kind: 'map', input: numbers(many), options: { concurrency: 100 } },
  blocks: [{ nodes, result: ref('read') }],
});

/** A map whose items all read one output of 50 KB. */
export const mapOfOneLarge = (many: number): PipelineCase => ({
  nodes: [step('large', 'large'), mapOver(many, [step('read', 'length', { of: ref('large') })])],
  result: ref('each'),
  steps,
});

/** A map each of whose items makes 50 KB of its own and reads them. */
export const mapOfOwnLarge = (many: number): PipelineCase => ({
  nodes: [mapOver(many, [step('own', 'own', { n: ref('each/item') }), step('read', 'length', { of: ref('own') })])],
  result: ref('each'),
  steps,
});

/** One node that reads the outputs of so many, some 480 bytes each. */
export const fanIn = (many: number): PipelineCase => {
  const models = numbers(many).map((n) => step(`model${n}`, 'model', { n }));
  return {
    nodes: [...models, step('all', 'count', { models: models.map(({ id }) => ref(id)) })],
    result: ref('all'),
    steps,
  };
};
