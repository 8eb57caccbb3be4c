/** Hands evidence to a pipeline's loop, and answers when all of it has been acknowledged. */
import { z } from 'zod';
import { type Evidence, evidenceShapes } from '#contracts/loop/evidence.ts';
import type { Answered, Asked, Services } from './operation.ts';
import { doubtsAbout, FUTURE_MS } from './plausible.ts';
import { Problem } from './problem.ts';
import { senderId } from './sender-id.ts';
import type { Mapped, MappedEvidence } from './webhooks/mapped.ts';

/** Signals on their way at once. */
const AT_ONCE = 16;

export const Acknowledged = z.strictObject({
  /** Ids of the events that the loop has, behind who sent them. The same id of the same sender is the same event. */
  acknowledged: z.array(z.string()),
  ignored: z.string().nullable().meta({ description: 'Why some or all of the body starts nothing.' }),
});

/** @throws Problem unprocessable or stale before anything is delivered; UnknownPipeline. */
export async function deliver(
  { pipeline, caller }: Pick<Asked<unknown, unknown>, 'pipeline' | 'caller'>,
  { events, ignored }: Mapped,
  services: Services,
): Promise<Answered> {
  const evidence = events
    .map((event) => readEvidence(event, services.now()))
    .map((event) => ({ ...event, id: senderId(caller, event.id) }));
  await services.loops.mustKnow(pipeline);
  const waiting = [...evidence];
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, waiting.length) }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await services.loops.deliver(pipeline, next);
    }),
  );
  const acknowledged = evidence.map(({ id }) => id);
  return { status: acknowledged.length > 0 ? 202 : 200, body: { acknowledged, ignored }, triggers: acknowledged };
}

/** @throws Problem @internal */
export function readEvidence({ kind, ...told }: MappedEvidence, now: number): Evidence {
  const parsed = evidenceShapes[kind].safeParse(told);
  if (!parsed.success)
    throw new Problem('unprocessable', `This is no ${kind}.`, {
      errors: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
      next: 'The OpenAPI document at /v1/openapi.json says what is wanted.',
    });
  if (Date.parse(parsed.data.at) > now + FUTURE_MS)
    throw new Problem('stale', `The event is of ${parsed.data.at}, which is more than five minutes ahead of now.`, {
      next: "Set the sender's clock, or the event's time.",
    });
  const evidence = { kind, ...parsed.data } as Evidence;
  const doubts = doubtsAbout(evidence, now);
  if (doubts.length > 0)
    throw new Problem('unprocessable', `This ${kind} cannot be: ${doubts[0]?.path}: ${doubts[0]?.message}.`, {
      errors: doubts.slice(0, 20),
      next: 'Send what was measured; a figure that is not known is left out.',
    });
  return evidence;
}
