/** What RATCHET_JOB holds, wherever a job runs: an executor brings the references, and writes this with the paths that it gave them. Pure. */
import { ChampionRef, DatasetRef, FileRef, ModelRef } from '#contracts/data.ts';
import type { Json } from '#contracts/json.ts';
import type { JobInput, JobRequest, JobSpec } from './executor.ts';

/** An input, as the program finds it. */
interface PlacedInput extends JobInput {
  /** A file or folder where the job runs. */
  path: string;
}

/** Where the program's own files lie, as it sees them. */
interface JobPlaces {
  /** Folder for output.json and the files beside it. */
  output: string;
  /** Folder that survives the program's death; the same as RATCHET_CHECKPOINTS. */
  checkpoints: string;
  /** File that takes JSON lines of progress. */
  progress: string;
}

export interface JobDocument extends JobPlaces {
  inputs: Record<string, PlacedInput>;
  params: Json;
  /** A script step's whole input, each reference with `path` and `format` beside what it says already. */
  input?: Json;
  seed: number;
  /** True when the program goes on from its checkpoints. */
  resumed: boolean;
}

type Reference = DatasetRef | FileRef | ModelRef | ChampionRef;

/** A stored table, file or model, as a job's input. */
export function inputOf(reference: Reference): JobInput {
  const { kind, uri, digest } = reference;
  if (kind === 'dataset') return { uri, digest, format: reference.format };
  if (kind === 'file') return { uri, digest, format: /\.(\w+)$/.exec(reference.name)?.[1]?.toLowerCase() ?? 'file' };
  return { uri, digest, format: 'folder' };
}

/** All that a job reads, each once: its inputs, and every reference in its params and its input. */
export function inputsOf({ inputs, params, input }: JobRequest): JobInput[] {
  const found = new Map<string, JobInput>();
  const add = (each: JobInput) => found.set(keyOf(each), each);
  Object.values(inputs).forEach(add);
  const visit = (part: unknown): void => {
    if (part === null || typeof part !== 'object') return;
    const reference = referenceIn(part);
    if (reference) add(inputOf(reference));
    else Object.values(part).forEach(visit);
  };
  visit(params);
  visit(input);
  return [...found.values()];
}

/** @param pathOf where an input was brought to: asked for those of {@link inputsOf} */
export function jobDocument(
  { request, resumed }: Pick<JobSpec, 'request' | 'resumed'>,
  pathOf: (input: JobInput) => string,
  { output, checkpoints, progress }: JobPlaces,
): JobDocument {
  const { inputs, params, input, seed } = request;
  const placed = Object.entries(inputs).map(([name, each]) => [name, { path: pathOf(each), ...each }] as const);
  return {
    inputs: Object.fromEntries(placed),
    params: withPaths(params, pathOf),
    ...(input === undefined ? {} : { input: withPaths(input, pathOf) }),
    ...{ seed, resumed, output, checkpoints, progress },
  };
}

/** One place for one content, whoever names it. */
export const keyOf = ({ uri, digest }: JobInput): string => `${uri} ${digest}`;

function withPaths(value: Json, pathOf: (input: JobInput) => string): Json {
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map((item) => withPaths(item, pathOf));
  const reference = referenceIn(value);
  if (reference) return { ...value, path: pathOf(inputOf(reference)), format: inputOf(reference).format };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withPaths(item ?? null, pathOf)]));
}

const references = [DatasetRef, FileRef, ModelRef, ChampionRef];

function referenceIn(value: object): Reference | undefined {
  if (!('kind' in value)) return undefined;
  for (const each of references) {
    const found = each.safeParse(value);
    if (found.success) return found.data;
  }
  return undefined;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
