import { existsSync } from 'node:fs';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { isPortFree } from '#adapters/process/free-port.ts';
import { UserError } from '#contracts/failures.ts';
import { supervisorLives } from './clean-up.ts';
import { readStackFile } from './file.ts';
import { findPython, leastPython } from './find-python.ts';
import { type OutsideServers, outsideServers } from './outside-servers.ts';
import { allParts } from './parts/all-parts.ts';
import { type PartName, partNames } from './parts/part.ts';
import { stackPaths } from './paths.ts';
import { environmentsFolder } from './python-environment.ts';
import { outsideProbes } from './reach-outside.ts';
import { runTool } from './run-tool.ts';

/** One thing that is needed: `fix` is the next step to take, empty when all is well. */
export type Check = { name: string; ok: boolean; found: string; needed: string; fix: string };

const leastNode = [20, 19] as const;
/** The servers' packages and the trainers', with the installer's cache. */
const leastDisk = 3e9;
/** The idle servers hold 0.6 GB; a worker, DuckDB and a trainer come on top. */
const leastMemory = 3.5e9;

/** Examines the machine, the project folder and the servers that the environment names. Changes nothing. */
export async function doctor(root: string, env: NodeJS.ProcessEnv = process.env): Promise<Check[]> {
  const outside = outsideOrProblem(env);
  const named: OutsideServers = outside instanceof UserError ? {} : outside;
  const checks = await Promise.all([
    node(),
    npm(env),
    python(env),
    venv(env),
    disk('disk for data', root),
    disk('disk for Python', environmentsFolder(root, env)),
    memory(),
    writing(root),
    ports(root, named, env),
    ...(outside instanceof UserError ? [refused(outside)] : outsideProbes(named).map(server)),
    chromium(env),
  ]);
  return checks.flat();
}

function node(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  return check(
    'Node',
    ok,
    process.versions.node,
    `${leastNode.join('.')} or newer (22 recommended)`,
    'install a newer Node, https://nodejs.org',
  );
}

async function npm(env: NodeJS.ProcessEnv): Promise<Check> {
  const { code, output } = await runTool('npm', ['--version'], { env });
  const version = /^\d+\.\d+\.\S+$/m.exec(output)?.[0];
  return check('npm', code === 0, version ?? 'not found', 'any', 'install npm; it comes with Node');
}

async function python(env: NodeJS.ProcessEnv): Promise<Check> {
  const needed = `${leastPython.join('.')} or newer`;
  try {
    const found = await findPython(env);
    return check('Python', true, `${found.version} (${found.executable})`, needed, '');
  } catch (error) {
    return check('Python', false, 'not found', needed, (error as Error).message);
  }
}

async function venv(env: NodeJS.ProcessEnv): Promise<Check> {
  const found = await findPython(env).catch(() => undefined);
  const uv = (await runTool('uv', ['--version'], { env })).code === 0;
  const have = [uv && 'uv', found?.hasPip && 'pip', found?.hasVenv && 'venv'].filter(
    (name) => typeof name === 'string',
  );
  const fix = 'apt install python3-venv (Debian, Ubuntu), or put uv on the PATH';
  return check('Python installer', have.length > 0, have.join(', ') || 'none', 'one of uv, pip, venv', fix);
}

async function disk(name: string, folder: string): Promise<Check> {
  const there = nearestFolder(folder);
  const { bavail, bsize } = await statfs(there);
  const fix = 'free some space, or set RATCHET_HOME to a folder on a larger disk';
  return check(
    name,
    bavail * bsize >= leastDisk,
    `${gigabytes(bavail * bsize)} free in ${there}`,
    gigabytes(leastDisk),
    fix,
  );
}

function memory(): Check {
  return check(
    'memory',
    totalmem() >= leastMemory,
    gigabytes(totalmem()),
    gigabytes(leastMemory),
    'use servers of your own on other machines (README, "your own servers")',
  );
}

async function writing(root: string): Promise<Check> {
  const { folder } = stackPaths(root);
  const needed = 'may be written';
  try {
    const made = await mkdir(folder, { recursive: true });
    const probe = join(folder, `.write-${process.pid}`);
    await writeFile(probe, '');
    await rm(probe);
    if (made) await rm(made, { recursive: true });
    return check('project folder', true, folder, needed, '');
  } catch (error) {
    return check(
      'project folder',
      false,
      `${folder}: ${(error as NodeJS.ErrnoException).code}`,
      needed,
      `give yourself the right to write in ${root}`,
    );
  }
}

/** A taken usual port is no problem, another is chosen; a port that a setting fixes must be free, unless it is ours. */
async function ports(root: string, named: OutsideServers, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const file = readStackFile(stackPaths(root));
  const running = await supervisorLives(file);
  const own: Record<PartName, unknown> = {
    temporal: named.temporal,
    mlflow: named.mlflow,
    'object-store': named.store,
  };
  const wishes = partNames
    .filter((name) => !own[name])
    .flatMap((name) => allParts[name].ports.map((wish) => ({ name, wish })));
  const checks = wishes.map(async ({ name, wish }) => {
    const text = wish.setting && env[wish.setting];
    if (!text) return [];
    const ours = running && String(file?.parts[name]?.ports[wish.name]) === text;
    const ok = ours || (await isPortFree(Number(text)));
    return [
      check(
        `port ${text}`,
        ok,
        ok ? 'free' : 'taken',
        `free for ${name} (${wish.setting})`,
        `end the program that listens there, or unset ${wish.setting}`,
      ),
    ];
  });
  return (await Promise.all(checks)).flat();
}

async function server(probe: ReturnType<typeof outsideProbes>[number]): Promise<Check> {
  const ok = await probe.isReachable();
  return check(
    probe.name,
    ok,
    `${probe.address} ${ok ? 'answers' : 'does not answer'}`,
    'answers',
    `start it, or correct ${probe.setting}`,
  );
}

function outsideOrProblem(env: NodeJS.ProcessEnv): OutsideServers | UserError {
  try {
    return outsideServers(env);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

function refused(error: UserError): Check {
  return check('your own servers', false, 'settings cannot be used', 'settings that name a server', error.message);
}

/** Only the browser tests of Ratchet itself want it: its absence is told, and is no fault. */
async function chromium(env: NodeJS.ProcessEnv): Promise<Check> {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const { code, output } = await runTool(name, ['--version'], { env });
    if (code === 0)
      return check('Chromium', true, output.trim().split('\n').at(-1) ?? '', 'only for npm run test:e2e', '');
  }
  return check('Chromium', true, 'not found', 'only for npm run test:e2e', '');
}

function check(name: string, ok: boolean, found: string, needed: string, fix: string): Check {
  return { name, ok, found, needed, fix: ok ? '' : fix };
}

function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
