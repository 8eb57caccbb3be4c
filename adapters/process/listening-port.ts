import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Whether this process itself listens on a TCP port: an answer from the port proves nothing while another program may
 * hold it. Undefined where the system does not tell.
 */
export async function listensOn(pid: number, port: number): Promise<boolean | undefined> {
  if (process.platform !== 'linux') return askLsof(pid, port);
  try {
    const [tables, sockets] = await Promise.all([listeners(pid), socketsOf(pid)]);
    return tables.some((row) => row.port === port && sockets.has(row.inode));
  } catch {
    return undefined;
  }
}

/** Rows in state 0A (listening) of the kernel's TCP tables, as the process's network namespace has them. */
async function listeners(pid: number): Promise<{ port: number; inode: string }[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
  );
  return tables
    .flatMap((table) => table.split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A')
    .map((fields) => ({ port: Number.parseInt(fields[1]?.split(':')[1] ?? '', 16), inode: fields[9] ?? '' }));
}

async function socketsOf(pid: number): Promise<Set<string>> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all((await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** Exit code 1 is its way to say that nothing matches. */
async function askLsof(pid: number, port: number): Promise<boolean | undefined> {
  const args = ['-nP', '-a', '-p', String(pid), `-iTCP:${port}`, '-sTCP:LISTEN', '-t'];
  return promisify(execFile)('lsof', args).then(
    () => true,
    (error: { code?: unknown }) => (error.code === 1 ? false : undefined),
  );
}
