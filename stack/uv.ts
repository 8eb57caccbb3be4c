import { createHash } from 'node:crypto';
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '#contracts/failures.ts';
import { buildInPlace } from './build-folder.ts';
import type { Interpreter } from './find-python.ts';
import { installerFailure } from './installer-failure.ts';
import { runTool } from './run-tool.ts';

/** First uv that knows every flag we use. */
const leastUv = [0, 5] as const;
const lock = fileURLToPath(new URL('./installer.lock', import.meta.url));

/**
 * A uv that can be run: the one on the PATH, else one from the package index, installed once under `environments`
 * with Python's own pip.
 */
export async function ensureUv(options: {
  environments: string;
  interpreter: Interpreter;
  env: NodeJS.ProcessEnv;
  progress: (message: string) => void;
}): Promise<string> {
  const { environments, interpreter, env, progress } = options;
  if (await isUsable('uv', env)) return 'uv';
  const digest = createHash('sha256')
    .update(await readFile(lock))
    .digest('hex')
    .slice(0, 12);
  const target = join(environments, `uv-${digest}`);
  const binary = join('bin', 'uv');
  await buildInPlace(
    target,
    (folder) =>
      access(join(folder, binary), constants.X_OK).then(
        () => true,
        () => false,
      ),
    (folder) => installUv({ folder, target, interpreter, env, progress }),
  );
  return join(target, binary);
}

async function installUv(options: {
  folder: string;
  target: string;
  interpreter: Interpreter;
  env: NodeJS.ProcessEnv;
  progress: (message: string) => void;
}): Promise<void> {
  const { folder, target, interpreter, env } = options;
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const wanted = ['--only-binary', ':all:', '--require-hashes', '-r', lock];
  options.progress('installing uv, the Python installer');
  // Straight into a folder where Python has pip: making an environment for it first would take twice as long.
  if (interpreter.hasPip)
    return step('install uv', target, interpreter.executable, [...install, '--target', folder, ...wanted], env);
  if (!interpreter.hasVenv)
    throw new UserError(
      'InvalidInput',
      `${interpreter.executable} has neither pip nor the venv module. Install them (Debian, Ubuntu: apt install python3-venv) or put uv on the PATH, and run the command again.`,
    );
  await step('make an environment for uv', target, interpreter.executable, ['-m', 'venv', folder], env);
  await step('install uv', target, join(folder, 'bin', 'python'), [...install, ...wanted], env);
}

async function step(what: string, target: string, file: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  // As a variable, because the flag is unknown to the pip of some systems.
  const { code, output } = await runTool(file, args, { env: { ...env, PIP_ROOT_USER_ACTION: 'ignore' } });
  if (code !== 0) throw installerFailure(what, target, output);
}

async function isUsable(file: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const { code, output } = await runTool(file, ['--version'], { env });
  const [, major = 0, minor = 0] = (/uv (\d+)\.(\d+)/.exec(output) ?? []).map(Number);
  return code === 0 && (major > leastUv[0] || minor >= leastUv[1]);
}
