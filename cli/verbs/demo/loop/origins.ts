/** Where the demo's triggers came from, as Temporal's own histories tell it. */
import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Decision } from '#contracts/decision.ts';

/** A workflow that told the loop something, and the Temporal Schedule that started it. */
interface Origin {
  workflow: string;
  schedule: string;
}
/** By what a reason says who told it. Whoever is no workflow of a schedule (a person) is not in it. */
export type Origins = Readonly<Record<string, Origin>>;

const startedBy = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');

export async function originsOf(client: Client, decisions: readonly Decision[]): Promise<Origins> {
  const tellers = new Set(decisions.flatMap(({ reasons }) => reasons.map(({ who }) => who)));
  const found = await Promise.all(
    [...tellers].map(async (workflow): Promise<Origin[]> => {
      const described = await client.workflow
        .getHandle(workflow)
        .describe()
        .catch(() => null);
      const schedule = described?.typedSearchAttributes.get(startedBy);
      return schedule ? [{ workflow, schedule }] : [];
    }),
  );
  return Object.fromEntries(found.flat().map((origin) => [origin.workflow, origin]));
}

/** `watch/flights-monthly-2013-05-01T06:00:00Z, started by schedule watch/flights-monthly`, or source and person. */
export function origin({ source, who }: Decision['reasons'][number], origins: Origins): string {
  const known = origins[who];
  return known ? `${known.workflow}, started by the schedule ${known.schedule}` : `${source}, ${who}`;
}
