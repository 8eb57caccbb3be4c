/** A loop's life as a test tells it: what comes in, at which time, and what was decided. */
import type { LoopInput, LoopMemory, LoopStep, RunEnd } from '#contracts/loop/activities.ts';
import type { EvidenceInput, EvidenceKind } from '#contracts/loop/evidence.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { decideLoop } from '#decisions/retrain.ts';

export const day = (n: number, time = '00:00'): string =>
  `${new Date(Date.UTC(2026, 0, n)).toISOString().slice(0, 10)}T${time}:00.000Z`;

export class Story {
  memory: LoopMemory | null = null;
  readonly steps: LoopStep[] = [];
  readonly policy: LoopPolicy;
  #count = 0;

  constructor(policy: Partial<Omit<Parameters<typeof LoopPolicy.parse>[0] & object, never>> = {}) {
    this.policy = LoopPolicy.parse({ pipeline: 'p', ...policy });
  }

  at(now: string, ...inputs: LoopInput[]): LoopStep {
    const step = decideLoop({ policy: this.policy, memory: this.memory, inputs, now });
    // What the history would make of it.
    this.memory = JSON.parse(JSON.stringify(step.memory)) as LoopMemory;
    this.steps.push(step);
    return step;
  }

  evidence<K extends EvidenceKind>(signal: K, at: string, more: Partial<EvidenceInput<K>> = {}): LoopInput {
    const id = (more as { id?: string }).id ?? `e${++this.#count}`;
    return { kind: 'evidence', signal, id, raw: { at, source: 'test', ...more, id } };
  }
  rows(at: string, rows: number, id?: string): LoopInput {
    return this.evidence('dataArrived', at, { rows, ...(id ? { id } : {}) });
  }
  drift(at: string, share: number, columns: { name: string; drifted: boolean }[] = []): LoopInput {
    return this.evidence('driftMeasured', at, { share, columns });
  }
  metric(at: string, metric: string, value: number, more: Partial<EvidenceInput<'metricObserved'>> = {}): LoopInput {
    return this.evidence('metricObserved', at, { metric, value, ...more });
  }
  calendar(at: string, cron: string, timezone = 'UTC'): LoopInput {
    return this.evidence('fired', at, { trigger: 'schedule', detail: `${cron} ${timezone}` });
  }
  ask(at: string, id = `ask${++this.#count}`): LoopInput {
    return { kind: 'retrain', request: { id, by: 'anna', reason: 'because', at } };
  }
  ended(status: RunEnd['status'], more: Partial<RunEnd> = {}): LoopInput {
    const runId = more.runId ?? this.memory?.run?.runId ?? 'run/p/none';
    return {
      kind: 'runEnded',
      ended: { runId, status, verdict: null, modelVersion: null, previous: null, reasons: [], ...more },
    };
  }

  get starts() {
    return this.steps.flatMap(({ start }) => start ?? []);
  }
  get decisions() {
    return this.steps.flatMap(({ decisions }) => decisions);
  }
  get last() {
    return this.decisions.at(-1);
  }
}
