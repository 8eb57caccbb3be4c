/** What a kind of trigger is, beside its shape, which is in contracts/trigger-condition.ts. */
import type { LoopFacts } from '#contracts/loop/activities.ts';
import type { Fired } from '#contracts/loop/evidence.ts';
import type { Condition } from '#contracts/trigger-condition.ts';
import type { Finding } from '../finding.ts';

/** Of a deployment: a watch, a model whose champion it measures, a column of times that cuts windows, a target with labels, a service whose vectors are sampled. */
export type Need = 'watch' | 'model' | 'timeColumn' | 'target' | 'skew';

export interface TriggerKind<C extends Condition = Condition> {
  /** Does it hold on these facts? With the reason in words and figures, or with what is missing. Pure. */
  judge(condition: C, facts: LoopFacts): Finding;
  /** What has to fire for it; absent where it is judged by figures. */
  firedBy?(condition: C): Pick<Fired, 'trigger' | 'detail'>;
  /** Without all of these nothing of Ratchet's own tells the loop what it waits for. */
  readonly needs: readonly Need[];
}

/** The condition of a kind. */
export type Of<K extends Condition['kind']> = Extract<Condition, { kind: K }>;
