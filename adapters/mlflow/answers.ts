/** Shapes of MLflow's answers, as far as they are read. Fields that are empty are absent in them. */
import { z } from 'zod';

const pairs = z
  .array(z.object({ key: z.string(), value: z.string().default('') }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])));

/** SQL has no infinity: MLflow stores the largest double in its place. */
const LARGEST = 1.7976931348623157e308;
/** JSON has no NaN: such values come as words. */
const value = z.union([z.number(), z.string()]).transform((raw) => {
  const number = Number(raw);
  return Math.abs(number) >= LARGEST ? Math.sign(number) * Number.POSITIVE_INFINITY : number;
});
const integer = z.union([z.number(), z.string()]).transform(Number);

export const Run = z.object({
  info: z.object({
    run_id: z.string(),
    experiment_id: z.string(),
    run_name: z.string().default(''),
    status: z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']).default('RUNNING'),
    start_time: integer.default(0),
    artifact_uri: z.string().default(''),
    lifecycle_stage: z.string().default('active'),
  }),
  data: z
    .object({
      metrics: z.array(z.object({ key: z.string(), value: value.default(0), step: integer.default(0) })).default([]),
      params: pairs,
      tags: pairs,
    })
    .default({ metrics: [], params: {}, tags: {} }),
});
export type Run = z.output<typeof Run>;
export const RunAnswer = z.object({ run: Run });
export const RunsAnswer = z.object({ runs: z.array(Run).default([]), next_page_token: z.string().optional() });

export const HistoryAnswer = z.object({
  metrics: z
    .array(z.object({ value: value.default(0), step: integer.default(0), timestamp: integer.default(0) }))
    .default([]),
  next_page_token: z.string().optional(),
});

export const CreatedExperiment = z.object({ experiment_id: z.string() });
export const ExperimentAnswer = z.object({
  experiment: z.object({ experiment_id: z.string(), lifecycle_stage: z.string().default('active') }),
});

const Model = z.object({
  info: z.object({
    model_id: z.string(),
    name: z.string().default('model'),
    creation_timestamp_ms: integer.default(0),
    status: z.string().default(''),
    source_run_id: z.string().default(''),
  }),
});
export const ModelsAnswer = z.object({ models: z.array(Model).default([]), next_page_token: z.string().optional() });

export const FilesAnswer = z.object({
  files: z.array(z.object({ path: z.string(), is_dir: z.boolean().default(false) })).default([]),
  next_page_token: z.string().optional(),
});

export const Version = z.object({
  name: z.string(),
  version: z.union([z.string(), z.number()]).transform(String),
  run_id: z.string().default(''),
  source: z.string().default(''),
  tags: pairs,
  current_stage: z.string().default('None'),
  creation_timestamp: integer.default(0),
  description: z.string().default(''),
});
export type Version = z.output<typeof Version>;
/** Of a registered model; the aliases of its versions are in it, and not in what a search of versions answers. */
const RegisteredModel = z.object({
  name: z.string(),
  description: z.string().default(''),
  last_updated_timestamp: integer.default(0),
  tags: pairs,
  aliases: z
    .array(z.object({ alias: z.string(), version: z.union([z.string(), z.number()]).transform(String) }))
    .default([]),
});
export const RegisteredModelsAnswer = z.object({
  registered_models: z.array(RegisteredModel).default([]),
  next_page_token: z.string().optional(),
});

export const VersionAnswer = z.object({ model_version: Version });
export const VersionsAnswer = z.object({
  model_versions: z.array(Version).default([]),
  next_page_token: z.string().optional(),
});
