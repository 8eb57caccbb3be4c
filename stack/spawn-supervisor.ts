import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { identityNow, identityOf } from '#adapters/process/process-identity.ts';
import { UserError } from '#contracts/failures.ts';
import { ensureCredentials } from './credentials.ts';
import { noAddresses, readStackFile, type StackFile, writeStackFile } from './file.ts';
import { openLog } from './log-file.ts';
import { supervisorVariable, withoutMarks } from './orphans.ts';
import { chooseStackPorts } from './part-ports.ts';
import { allParts } from './parts/all-parts.ts';
import type { StackPaths } from './paths.ts';
import { newPart } from './record.ts';
import type { SupervisorRequest } from './supervisor-request.ts';

/**
 * Chooses ports, starts a supervisor that outlives this process, and names it in the stack file. Call it under the
 * stack's lock, with nothing of an earlier stack running. Throws a UserError for a fixed port that is taken.
 */
export async function spawnSupervisor(
  paths: StackPaths,
  request: SupervisorRequest,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  ensureCredentials(paths);
  const before = readStackFile(paths)?.parts ?? {};
  const parts = request.parts.map((name) => allParts[name]);
  const ports = await chooseStackPorts(
    parts,
    Object.fromEntries(Object.entries(before).map(([name, part]) => [name, part.ports])),
    env,
  );
  const file: StackFile = {
    format: 1,
    supervisor: null,
    request: JSON.stringify(request),
    addresses: { ...noAddresses },
    // Parts that are not wanted this time keep their ports for the next.
    parts: Object.fromEntries(
      Object.entries(before)
        .filter(([name]) => name in allParts)
        .map(([name, part]) => [name, newPart(part.version, part.ports)]),
    ),
  };
  for (const part of parts) {
    const chosen = ports[part.name] ?? {};
    file.parts[part.name] = newPart(part.version, chosen);
    Object.assign(file.addresses, part.addresses({ ports: chosen }));
  }
  const log = openLog(paths.log('supervisor'));
  const child = spawn(process.execPath, supervisorCommand(request), {
    cwd: paths.root,
    env: { ...withoutMarks(env), [supervisorVariable]: paths.folder },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const identity = child.pid === undefined ? await failed : (identityNow(child.pid) ?? (await identityOf(child.pid)));
  if (!identity)
    throw new UserError(
      'OutsideRefused',
      `The stack's supervisor ended at once. Its log is ${paths.log('supervisor')}.`,
    );
  writeStackFile(paths, { ...file, supervisor: identity });
  child.unref();
}

/** As source it runs through tsx, as everything else in a clone; the built product is plain JavaScript. */
function supervisorCommand(request: SupervisorRequest): string[] {
  const main = fileURLToPath(new URL('./supervisor-main.ts', import.meta.url));
  const loader = main.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  return [...loader, main, JSON.stringify(request)];
}
