import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { choosePorts, isPortFree } from '#adapters/process/free-port.ts';
import { listensOn } from '#adapters/process/listening-port.ts';
import { identityOf, isSameProcess, signalGroup } from '#adapters/process/process-identity.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
function sleeper(): number {
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  children.push(child);
  return child.pid ?? 0;
}

describe("a process's identity", () => {
  it('stays while it runs, and ends with it', async () => {
    const pid = sleeper();
    const identity = await identityOf(pid);
    if (!identity) throw new Error('sleep does not run');
    expect(await identityOf(pid)).toEqual(identity);
    expect(await signalGroup(identity, 'SIGKILL')).toBe(true);
    await expect.poll(() => isSameProcess(identity)).toBe(false);
    expect(await signalGroup(identity, 'SIGKILL')).toBe(false);
  });

  it('is not that of a later process with the same pid, nor of one before a restart of the machine', async () => {
    const identity = await identityOf(sleeper());
    if (!identity) throw new Error('sleep does not run');
    for (const other of [
      { ...identity, startedAt: '1' },
      { ...identity, bootId: 'another boot' },
    ]) {
      expect(await isSameProcess(other)).toBe(false);
      expect(await signalGroup(other, 'SIGKILL')).toBe(false);
    }
    expect(await isSameProcess(identity)).toBe(true);
  });

  it('is none for a pid that nobody has', async () => {
    expect(await identityOf(2 ** 22 + 1)).toBeUndefined();
  });
});

describe('ports', () => {
  it('are all different, and a wished one is given when it is free', async () => {
    const [wished = 0] = await choosePorts([[]]);
    const chosen = await choosePorts([[wished], [wished], []]);
    expect(chosen[0]).toBe(wished);
    expect(new Set(chosen).size).toBe(3);
  });

  it('tell who listens', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await isPortFree(port)).toBe(false);
    expect(await listensOn(process.pid, port)).toBe(true);
    expect(await listensOn(sleeper(), port)).toBe(false);
    server.close();
    await once(server, 'close');
    expect(await isPortFree(port)).toBe(true);
    expect(await listensOn(process.pid, port)).toBe(false);
  });
});
