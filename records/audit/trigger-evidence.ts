/** What a run was started for: the loop's decision, and what the loop had been told by then. */
import { z } from 'zod';
import type { Decision } from '#contracts/decision.ts';
import type { Json } from '#contracts/json.ts';
import type { RunRecord } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import { pagesUntil } from '../decisions.ts';

/** Pages before the decision that are searched for what it rests on: about as many weeks of a busy loop. */
const PAGES = 40;
/** Measurements that are copied whole; a decision names the newest first. */
const MEASURED = 10;

export interface TriggerEvidence {
  trigger: RunRecord['run']['trigger'];
  /** The loop's, where one started the run. */
  decision: Decision | null;
  /** Evidence as the loop was told it, oldest first. */
  told: Json[];
  /** Of what the trigger names, ids that were not found. */
  notFound: string[];
}

const Told = z.looseObject({ kind: z.literal('evidence'), id: z.string() });
const Measured = z.looseObject({
  raw: z.looseObject({ result: z.looseObject({ uri: z.string(), digest: z.string() }) }),
});

export async function triggerEvidence(
  store: Pick<ObjectStore, 'list' | 'get'>,
  { run, startedAt }: RunRecord,
): Promise<TriggerEvidence> {
  const { trigger, pipeline } = run;
  // A retry takes up what the loop's run was started for.
  const id = run.id.replace(/\/r\d+$/, '');
  const wanted = new Set((trigger.reasons ?? []).flatMap(({ evidence }) => evidence));
  const found = new Map<string, Json>();
  let decision: Decision | null = null;
  let pages = 0;
  for await (const page of pagesUntil(store, pipeline, startedAt)) {
    decision ??= page.decisions.findLast(({ outcome, runId }) => outcome === 'run' && runId === id) ?? null;
    if (decision) for (const each of decision.evidence) wanted.add(each);
    for (const input of page.batches.flatMap(({ inputs }) => inputs).reverse()) {
      const told = Told.safeParse(input).data;
      if (told && wanted.has(told.id) && !found.has(told.id)) found.set(told.id, input);
    }
    if ((decision && found.size === wanted.size) || ++pages === PAGES) break;
  }
  return {
    ...{ trigger, decision, told: [...found.values()].reverse() },
    notFound: [...wanted].filter((each) => !found.has(each)),
  };
}

/** Where what was measured lies whole, newest first. */
export function measurements(told: readonly Json[]): { uri: string; digest: string }[] {
  return [...told]
    .reverse()
    .flatMap((input) => Measured.safeParse(input).data?.raw.result ?? [])
    .slice(0, MEASURED);
}
