/** What a Feast repository defines, as Feast itself understands it: its modules are run in its own Python. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';

const script = fileURLToPath(new URL('./read_repository.py', import.meta.url));
/** Of what the definitions print, which only an error shows. */
const MOST_PRINTED = 1024 * 1024;

const About = z.object({
  name: z.string(),
  description: z.string(),
  owner: z.string(),
  tags: z.record(z.string(), z.string()),
});
/** `type` as Feast's protocol names it: INT64, DOUBLE, UNIX_TIMESTAMP. */
const Field = z.object({ name: z.string(), type: z.string(), description: z.string() });
const Source = z.object({
  /** Feast's class, FileSource. */
  kind: z.string(),
  path: z.string().nullable(),
  /** Feast's class, null for Parquet. */
  format: z.string().nullable(),
  endpoint: z.string().nullable(),
  timestamp: z.string().nullable(),
  created: z.string().nullable(),
  /** Of PostgreSQL: one of the two. */
  table: z.string().nullable(),
  query: z.string().nullable(),
  /** A column of the source, and its name in the view. Pairs, since a record loses a column called __proto__. */
  columns: z.array(z.tuple([z.string(), z.string()])),
});
const View = About.extend({
  kind: z.string(),
  transformed: z.boolean(),
  entities: z.array(z.string()),
  keys: z.array(Field),
  features: z.array(Field),
  /** Seconds; 0: never. */
  ttl: z.number(),
  online: z.boolean(),
  source: Source.nullable(),
  /** The push or stream source. */
  stream: z.string().nullable(),
});
const PythonFunction = About.extend({
  mode: z.string(),
  text: z.string(),
  inputs: z.array(z.object({ view: z.string(), features: z.array(z.string()) })),
  request: z.array(Field),
  outputs: z.array(Field),
});
const Service = About.extend({
  features: z.array(
    z.object({
      view: z.string(),
      alias: z.string().nullable(),
      /** Join key of the view → column of the rows. */
      keys: z.record(z.string(), z.string()),
      features: z.array(z.string()),
    }),
  ),
});
export const FeastRepository = z.object({
  feast: z.string(),
  project: z.string(),
  /** What kept Feast from inferring the types that are not written down. */
  inference: z.string().nullable(),
  entities: z.array(About.extend({ key: z.string(), type: z.string() })),
  views: z.array(View),
  functions: z.array(PythonFunction),
  services: z.array(Service),
  /** Kinds that nothing here stands for, in words. */
  others: z.array(z.string()),
});
export type FeastRepository = z.output<typeof FeastRepository>;
export type FeastView = z.output<typeof View>;
export type FeastFunction = z.output<typeof PythonFunction>;

const Told = z.union([z.object({ error: z.enum(['no-feast', 'not-read']), why: z.string() }), FeastRepository]);

/**
 * Runs the repository's modules, as `feast plan` does; its registry is neither read nor written.
 * @param folder the one with feature_store.yaml
 * @param python of an environment with Feast and what the definitions import
 * @throws UserError InvalidInput where Python or Feast is not there, or the definitions do not load, with their own words
 */
export async function readFeastRepository(folder: string, python: string): Promise<FeastRepository> {
  const scratch = await mkdtemp(join(tmpdir(), 'ratchet-feast-'));
  try {
    const file = join(scratch, 'told.json');
    const printed = await runPython(python, [script, folder, file]);
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null)
      throw new UserError('InvalidInput', `${python} ended before the definitions were read: ${printed.slice(-2_000)}`);
    const told = Told.parse(JSON.parse(text));
    if (!('error' in told)) return told;
    throw new UserError(
      'InvalidInput',
      told.error === 'no-feast'
        ? `${python} has no Feast (${told.why}): name the Python of the environment that the repository is applied with, --python .venv/bin/python`
        : `Feast cannot load ${folder}: ${told.why}`,
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** All that it printed; how it ended is told by whether it answered. */
function runPython(python: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(python, ['-B', ...args], { maxBuffer: MOST_PRINTED }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT' || error?.code === 'EACCES')
        reject(
          new UserError(
            'InvalidInput',
            `there is no program ${python}: name a Python with Feast, --python .venv/bin/python`,
          ),
        );
      else resolve(`${stdout}${stderr}${error?.signal ? ` (${error.signal})` : ''}`.trim());
    });
  });
}
