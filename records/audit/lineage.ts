/** By digests: what made a model, and what it was judged on. */
import { z } from 'zod';
import { ModelRef } from '#contracts/data.ts';
import type { Json } from '#contracts/json.ts';
import { versionTag } from '#contracts/names.ts';
import type { RunRecord } from '#contracts/run.ts';
import type { RegisteredVersion } from '#ports/tracking.ts';

const Dataset = z.looseObject({ kind: z.literal('dataset'), uri: z.string(), digest: z.string() });

/** `lineage.json`: null where nothing says it. */
export function lineageOf({ tags, source, runId }: RegisteredVersion, records: readonly RunRecord[]): Json {
  const outcomes = records.flatMap((record) => record.outcomes);
  const digest = tags[versionTag.digest] ?? null;
  const model = outcomes
    .flatMap(({ input, output }) => [...models(output), ...models(input)])
    .find((each) => each.digest === digest);
  const plan = records[0]?.plan ?? null;
  const datasets = new Map<string, Json>();
  for (const { id, output } of outcomes)
    for (const [name, { uri, digest: of }] of datasetsIn(output)) datasets.set(`${id}${name}`, { uri, digest: of });
  return {
    model: { digest, uri: source, mlflowRun: runId },
    data: { trainedOn: model?.trainedOn ?? tags['ratchet.data'] ?? null, made: Object.fromEntries(datasets) },
    code: {
      // SHA-256 each: of the bundle under code/ in the store, of each step's modules, of the trainer's program.
      bundle: plan?.bundle ?? null,
      steps: Object.fromEntries(Object.entries(plan?.steps ?? {}).map(([name, { digest: of }]) => [name, of])),
      trainer: model?.code ?? null,
    },
    environment: model?.environment ?? tags['ratchet.environment'] ?? null,
    params: plan?.params ?? null,
    asOf: records[0]?.run.asOf ?? tags[versionTag.asOf] ?? null,
  };
}

/** Also one level down: a stage hands on `{ model }`, `{ snapshot }`, `{ train, holdout }`. */
function* parts(value: Json): Generator<[string, Json]> {
  yield ['', value];
  if (value !== null && typeof value === 'object' && !Array.isArray(value))
    for (const [name, part] of Object.entries(value)) if (part !== undefined) yield [`.${name}`, part];
}

function models(value: Json): ModelRef[] {
  return [...parts(value)].flatMap(([, part]) => ModelRef.safeParse(part).data ?? []);
}

function datasetsIn(value: Json): [string, z.output<typeof Dataset>][] {
  return [...parts(value)].flatMap(([name, part]) => {
    const found = Dataset.safeParse(part).data;
    return found ? [[name, found] as [string, z.output<typeof Dataset>]] : [];
  });
}
