import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UserError } from '#contracts/failures.ts';

/** A Python that can make environments. `tag` names build and platform: it is part of an environment's digest. */
export type Interpreter = { executable: string; version: string; tag: string; hasVenv: boolean; hasPip: boolean };

export const leastPython = [3, 10] as const;

const run = promisify(execFile);
const question = `
import importlib.util, json, platform, sys, sysconfig
print(json.dumps({
    "executable": sys.executable,
    "version": platform.python_version(),
    "tag": f"{sys.implementation.name}-{platform.python_version()}-{sysconfig.get_platform()}",
    "hasVenv": all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
    "hasPip": importlib.util.find_spec("pip") is not None,
}))`;

/**
 * The first Python ≥ 3.10 among RATCHET_PYTHON (then that one alone), python3, python and python3.14 … python3.10.
 * Throws a UserError that lists what was found and says what to install.
 */
export async function findPython(env: NodeJS.ProcessEnv = process.env): Promise<Interpreter> {
  const chosen = env.RATCHET_PYTHON;
  const candidates = chosen
    ? [chosen]
    : ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
  const tooOld: string[] = [];
  for (const candidate of candidates) {
    const found = await askPython(candidate, env);
    if (!found) continue;
    if (isNewEnough(found.version)) return found;
    tooOld.push(`${found.executable} is ${found.version}`);
  }
  const least = leastPython.join('.');
  const seen = tooOld.length > 0 ? `found only: ${tooOld.join('; ')}` : `none of ${candidates.join(', ')} runs`;
  throw new UserError(
    'InvalidInput',
    `Python ${least} or newer is needed; ${seen}. Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python), or set RATCHET_PYTHON to its path.`,
  );
}

async function askPython(candidate: string, env: NodeJS.ProcessEnv): Promise<Interpreter | undefined> {
  try {
    const { stdout } = await run(candidate, ['-c', question], { env, timeout: 20_000 });
    return JSON.parse(stdout) as Interpreter;
  } catch {
    return undefined;
  }
}

/** @internal */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > leastPython[0] || (major === leastPython[0] && minor >= leastPython[1]);
}
