/** Functions on demand over vectors: lines of JSON in, lines of JSON out, a line at a time. */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { UserError } from '#contracts/failures.ts';
import { registeredOnDemand, rowFunction } from '#features/row-function.ts';
import { textOfValue, type ValueText, valueOfText } from '#features/vector-text.ts';
import type { Answers, VectorsJob } from './protocol.ts';

/** Rows until the event loop turns once, so that a stop is heard. */
const TURN = 2_000;

type Line = { readonly row: number; readonly at: string | null } & Readonly<Record<string, ValueText>>;

/** @throws UserError InvalidPipeline for a function that the loaded code has not; InvalidOutput of one that fails, with the row */
export async function runVectors(job: VectorsJob, signal: AbortSignal): Promise<Answers['vectors']> {
  const compute = rowFunction(
    job.onDemand.map((definition) => {
      const found = registeredOnDemand(definition);
      if (found) return found;
      throw new UserError(
        'InvalidPipeline',
        `The code that this run is pinned to has no function on demand "${definition.name}" with the digest ${definition.digest}: import the module that defines it in the pipeline, and start the run again.`,
      );
    }),
  );
  const out = createWriteStream(job.to, { flags: 'wx' });
  const failed = once(out, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  let rows = 0;
  try {
    for await (const text of createInterface({
      input: createReadStream(job.from),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      const line = JSON.parse(text) as Line;
      const values = Object.fromEntries(
        job.inputs.map(({ name, type }, i) => [name, valueOfText(type, line[`i${i}`] ?? null)]),
      );
      const at = line.at === null ? null : (valueOfText('timestamp', line.at) as Date);
      const answer = compute(values, at, Number(line.row));
      const outputs = job.outputs.map((name, i) => [`o${i}`, textOfValue(answer[name])]);
      if (!out.write(`${JSON.stringify({ row: line.row, ...Object.fromEntries(outputs) })}\n`))
        await Promise.race([once(out, 'drain'), failed]);
      rows++;
      if (rows % TURN === 0) {
        await setImmediate();
        signal.throwIfAborted();
      }
    }
    out.end();
    await finished(out);
    return { rows };
  } catch (error) {
    out.destroy();
    throw error;
  }
}
