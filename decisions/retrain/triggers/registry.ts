/** The kinds of triggers: one file each. */
import type { Condition } from '#contracts/trigger-condition.ts';
import { codeChange } from './code-change.ts';
import { drift } from './drift.ts';
import { featureNulls, freshness } from './feature-health.ts';
import { manual } from './manual.ts';
import { newPartitions } from './new-partitions.ts';
import { newRows } from './new-rows.ts';
import { estimatedPerformance, performance } from './performance.ts';
import { schedule } from './schedule.ts';
import { skew } from './skew.ts';
import type { Of, TriggerKind } from './trigger-kind.ts';
import { upstream } from './upstream.ts';

const kinds: { [K in Condition['kind']]: TriggerKind<Of<K>> } = {
  schedule,
  newRows,
  newPartitions,
  drift,
  performance,
  estimatedPerformance,
  skew,
  featureNulls,
  freshness,
  codeChange,
  upstream,
  manual,
};

/** Of this very condition: the cast says that a kind's entry takes the conditions of that kind, which the table's type does. */
export const kindOf = <C extends Condition>({ kind }: C): TriggerKind<C> => kinds[kind] as unknown as TriggerKind<C>;
