import type { Credentials } from '../credentials.ts';
import type { Addresses } from '../file.ts';

export const partNames = ['temporal', 'mlflow', 'object-store'] as const;
export type PartName = (typeof partNames)[number];

/** What a part may know when it is started: its folder, its ports by name, and where the programs are. */
export type PartContext = {
  data: string;
  ports: Record<string, number>;
  /** `bin` of the managed environment, and the variables to run in it. */
  bin: string;
  variables: NodeJS.ProcessEnv;
  credentials: Credentials;
};

/** Parts run in their data folder and name files relative to it: a path with odd characters is no part of a URL. */
export type Command = { file: string; args: string[]; env: NodeJS.ProcessEnv; cwd: string };

/**
 * A port a part listens on: `setting` is the variable that fixes it, `usual` what it asks for first. What listens on one that is
 * `closedToPages` looks at no Host header, so it gets a number that no browser connects to. One with a `door` is not the part's:
 * the stack listens there, and hands on what names this machine to the part's port of the door's name.
 */
export type PortWish = { name: string; setting?: string; usual?: number; closedToPages?: true; door?: string };

/** One server of the embedded stack: how it is started, how its health is seen, where it is found. */
export type Part = {
  name: PartName;
  version: string;
  ports: readonly PortWish[];
  /** Longest time from start to health on a slow machine; past it the part is killed and started again. */
  startSeconds: number;
  /** Before each start: folders, a format. Idempotent. */
  prepare(context: PartContext): Promise<void>;
  command(context: PartContext): Command;
  /** One probe; false or a throw means not yet. */
  isHealthy(context: PartContext, signal: AbortSignal): Promise<boolean>;
  /** After each start, once healthy and before the part counts as ready. Idempotent. */
  settle(context: PartContext): Promise<void>;
  addresses(context: Pick<PartContext, 'ports'>): Partial<Addresses>;
};

export const loopback = '127.0.0.1';

/** A port by its name; parts are only started with all their ports chosen. */
export function portOf(context: Pick<PartContext, 'ports'>, name: string): number {
  const port = context.ports[name];
  if (port === undefined) throw new Error(`no port was chosen for ${name}`);
  return port;
}

/** Whether a GET is answered with 2xx. */
export async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(url, { signal });
  await response.body?.cancel();
  return response.ok;
}

/** Without the variables that are meant for the user's own servers and clients: they would change ours. */
export function withoutSettings(variables: NodeJS.ProcessEnv, names: RegExp): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !names.test(name)));
}

/**
 * With `folder` as the home folder: what a server keeps of itself there (the S3 gateway its certificates) lies with its data,
 * and nothing is written outside of the project.
 */
export function atHome(folder: string, variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...withoutSettings(variables, /^XDG_\w+_HOME$/), HOME: folder };
}
