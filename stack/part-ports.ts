import { choosePorts, isPortFree } from '#adapters/process/free-port.ts';
import { UserError } from '#contracts/failures.ts';
import { portsClosedToPages } from './closed-ports.ts';
import type { Part, PortWish } from './parts/part.ts';

export type Ports = Record<string, number>;

/**
 * Ports for one start of each part: what a setting fixes (RATCHET_TEMPORAL_PORT …), else the one it had before, else
 * its usual one, else any that is free. One that is closed to pages is of those that browsers refuse, or there is none.
 * Throws a UserError that names port and setting when a fixed one is taken, and one when none is left that browsers refuse.
 */
export async function chooseStackPorts(
  parts: readonly Part[],
  previous: Readonly<Record<string, Ports | undefined>>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Record<string, Ports>> {
  const wanted = parts.flatMap((part) => part.ports.map((wish) => ({ part: part.name, wish })));
  const fixed = await Promise.all(wanted.map(({ part, wish }) => fixedPort(part, wish, env)));
  const chosen = await choosePorts(
    wanted.map(({ part, wish }, index) => {
      const before = previous[part]?.[wish.name];
      const liked = [fixed[index], before, wish.usual].filter((port) => port !== undefined);
      return wish.closedToPages ? [...liked.filter(isClosed), ...portsClosedToPages] : liked;
    }),
  );
  const ports: Record<string, Ports> = {};
  wanted.forEach(({ part, wish }, index) => {
    const port = chosen[index];
    if (wish.closedToPages && port !== undefined && !isClosed(port)) throw noneClosed(part);
    if (port !== undefined) ports[part] = { ...ports[part], [wish.name]: port };
  });
  return ports;
}

const isClosed = (port: number) => portsClosedToPages.includes(port);

const noneClosed = (part: string) =>
  new UserError(
    'InvalidInput',
    `${part} needs a port that web pages cannot reach, and all of those (${portsClosedToPages.join(', ')}) are taken. End another stack with ratchet down, or the programs that listen there.`,
  );

async function fixedPort(part: string, wish: PortWish, env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const text = wish.setting && env[wish.setting];
  if (!text) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new UserError(
      'InvalidInput',
      `${wish.setting} is "${text}": a port is a whole number from 1 to 65535. Correct or unset it.`,
    );
  if (!(await isPortFree(port)))
    throw new UserError(
      'InvalidInput',
      `Port ${port} (${wish.setting}) for ${part} is taken by another program. End that program, set ${wish.setting} to a free port, or unset it to have one chosen.`,
    );
  return port;
}
