import { createHash } from 'node:crypto';
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { buildInPlace } from './build-folder.ts';
import { findPython, type Interpreter } from './find-python.ts';
import { installerFailure } from './installer-failure.ts';
import { runTool } from './run-tool.ts';
import { ensureUv } from './uv.ts';

/** An environment that is complete and will not change. `digest` covers the lock file and the Python it was made with. */
export type PythonEnvironment = { python: string; bin: string; folder: string; digest: string };

export type EnvironmentOptions = {
  /** Project folder: environments lie under `<root>/.ratchet/python` unless RATCHET_HOME or `environments` says where. */
  root: string;
  /** Goes before the digest in the folder's name: letters, digits, `_`, `.`, `-`. */
  name: string;
  /** Path of a requirements file. With hashes every package is checked against them; a plain list is installed as it is. */
  lock: string;
  environments?: string;
  env?: NodeJS.ProcessEnv;
  progress?: (message: string) => void;
};

/** Where managed Python environments lie: `$RATCHET_HOME/python`, else `<root>/.ratchet/python`. */
export function environmentsFolder(root: string, env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.RATCHET_HOME ? join(env.RATCHET_HOME, 'python') : join(root, '.ratchet', 'python'));
}

const underWay = new Map<string, Promise<PythonEnvironment>>();

/**
 * The environment of a lock file, made when it is not there yet. Two at once, and a kill in the middle, are safe.
 * Throws a UserError when Python is too old, the lock cannot be read, the disk is full or the index out of reach.
 */
export async function ensurePythonEnvironment(options: EnvironmentOptions): Promise<PythonEnvironment> {
  const env = options.env ?? process.env;
  const environments = resolve(options.environments ?? environmentsFolder(options.root, env));
  const lock = isAbsolute(options.lock) ? options.lock : resolve(options.root, options.lock);
  if (!/^[\w.-]{1,64}$/.test(options.name))
    throw new UserError(
      'InvalidInput',
      `"${options.name}" cannot name a Python environment: use up to 64 letters, digits, "_", "." and "-".`,
    );
  const [text, interpreter] = await Promise.all([readLock(lock), findPython(env)]);
  const digest = environmentDigest(text, interpreter);
  const folder = join(environments, `${options.name}-${digest.slice(0, 12)}`);
  const known = underWay.get(folder);
  if (known) return known;
  const made = make({
    environments,
    folder,
    digest,
    lock,
    text,
    interpreter,
    env,
    progress: options.progress ?? (() => {}),
  });
  underWay.set(folder, made);
  try {
    return await made;
  } finally {
    underWay.delete(folder);
  }
}

/** SHA-256 of the lock's text and the Python's build: what two environments must share to be the same. @internal */
export function environmentDigest(lock: string, interpreter: Pick<Interpreter, 'tag'>): string {
  return createHash('sha256').update(lock).update('\n').update(interpreter.tag).digest('hex');
}

/**
 * Variables for a process that runs in the environment. PYTHONDONTWRITEBYTECODE is taken out: without bytecode every
 * start compiles all it imports again (MLflow's server: 16 s instead of 6). PYTHONPATH would let strange packages in.
 */
export function environmentVariables(
  environment: PythonEnvironment,
  base: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const { PYTHONDONTWRITEBYTECODE: _, PYTHONPATH: __, PYTHONHOME: ___, ...kept } = base;
  return {
    ...kept,
    VIRTUAL_ENV: environment.folder,
    PATH: [environment.bin, base.PATH].filter(Boolean).join(delimiter),
    PYTHONNOUSERSITE: '1',
  };
}

type Work = {
  environments: string;
  folder: string;
  digest: string;
  lock: string;
  text: string;
  interpreter: Interpreter;
  env: NodeJS.ProcessEnv;
  progress: (message: string) => void;
};

async function make(work: Work): Promise<PythonEnvironment> {
  const { folder, digest } = work;
  const bin = join(folder, 'bin');
  await buildInPlace(
    folder,
    (candidate) => isComplete(candidate, digest),
    (building) => install(work, building),
  ).catch((error) => {
    if (error instanceof UserError) throw error;
    throw installerFailure('make a Python environment', folder, String(error));
  });
  return { python: join(bin, 'python'), bin, folder, digest };
}

async function install(work: Work, building: string): Promise<void> {
  const { environments, interpreter, env, lock, text, progress } = work;
  const uv = await ensureUv({ environments, interpreter, env, progress });
  // uv does not read pip's settings: a mirror that was named for pip alone is handed on.
  const index =
    env.PIP_INDEX_URL && !env.UV_DEFAULT_INDEX && !env.UV_INDEX_URL ? { UV_DEFAULT_INDEX: env.PIP_INDEX_URL } : {};
  // Relocatable: the environment is moved into place when it is whole, and its scripts must survive that.
  const venv = ['venv', '--quiet', '--no-project', '--relocatable', '--python', interpreter.executable, building];
  const hashes = text.includes('--hash=') ? ['--require-hashes'] : [];
  const requirements = ['pip', 'install', '--python', join(building, 'bin', 'python'), ...hashes, '-r', lock];
  progress('installing Python packages');
  for (const args of [venv, requirements]) {
    const onLine = (line: string) => {
      if (/^(Resolved|Prepared|Installed|Downloading|Building) /.test(line)) progress(line);
    };
    const { code, output } = await runTool(uv, args, { env: { ...env, ...index }, cwd: dirname(lock), onLine });
    if (code !== 0) throw installerFailure(`install the packages of ${lock}`, work.folder, output);
  }
  await writeFile(
    join(building, marker),
    `${JSON.stringify({ digest: work.digest, python: interpreter.tag, lock }, null, 2)}\n`,
  );
}

const marker = 'ratchet-environment.json';

/** Complete: its marker, written last, names the same digest, and its Python (a link to the system's) still exists. */
async function isComplete(folder: string, digest: string): Promise<boolean> {
  try {
    await access(join(folder, 'bin', 'python'), constants.X_OK);
    return (JSON.parse(await readFile(join(folder, marker), 'utf8')) as { digest?: string }).digest === digest;
  } catch {
    return false;
  }
}

async function readLock(lock: string): Promise<string> {
  try {
    return await readFile(lock, 'utf8');
  } catch (error) {
    throw new UserError(
      'InvalidInput',
      `Cannot read the requirements file ${lock} (${(error as Error).message}). Check the path that names it.`,
    );
  }
}
