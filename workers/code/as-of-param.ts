/** The param `asOf`, by which many pipelines take the time that a run is made for. */
import { z } from 'zod';
import type { Json } from '#contracts/json.ts';

/** How the param `asOf` is written, when there is one of one form. Where either will do, a run's own time does, too. */
export function asOfFormat(schema: Json): 'date' | 'date-time' | null {
  const Schema = z.object({
    properties: z.object({ asOf: z.object({ format: z.string().optional(), anyOf: z.unknown().optional() }) }),
  });
  const found = Schema.safeParse(schema);
  if (!found.success || found.data.properties.asOf.anyOf !== undefined) return null;
  return found.data.properties.asOf.format === 'date' ? 'date' : 'date-time';
}

/**
 * Who starts a run as of a time, and says nothing of the param, means the param as well: its default would be another time.
 * @param said by whoever started the run; null: nobody named a time
 */
export function withAsOf(params: Json, said: string | null, schema: Json): Json {
  const format = asOfFormat(schema);
  const given = params as Record<string, Json> | null;
  if (said === null || format === null || given?.asOf !== undefined) return params;
  const time = Date.parse(said);
  // What is no time is told where the graph is built.
  if (!Number.isFinite(time)) return { ...given, asOf: said };
  const text = new Date(time).toISOString();
  return { ...given, asOf: format === 'date' ? text.slice(0, 10) : text };
}
