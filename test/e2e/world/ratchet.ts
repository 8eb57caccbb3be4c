/** The command line as a person uses it: a process of its own, in the project that the whole suite shares. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../fixtures/wait-until.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
/** A project of its own below `.ratchet/`, where Node finds this package's dependencies by looking upwards. */
export const projectFolder = `${repository}.ratchet/e2e`;
export const sources = repository;

export interface Said {
  code: number | null;
  stdout: string;
  stderr: string;
  /** stdout as the one JSON object that `--json` promises. */
  json<T = Answer>(): T;
}

/** What `run --wait --json` answers. */
export interface Answer {
  runId: string;
  status: string;
  verdict: string | null;
  reasons: string[];
  modelVersion: string | null;
  report: string | null;
  nodes: {
    id: string;
    kind: string;
    status: string;
    cached: boolean;
    ms: number | null;
    reason: string;
    progress: string | null;
  }[];
  approvals?: { node: string; evidence: string }[];
  error?: { type: string; message: string };
}

export function environment(root = projectFolder): NodeJS.ProcessEnv {
  // Python environments are large and named by their locks: those of the clone serve every project below it.
  return { ...process.env, RATCHET_ROOT: root, RATCHET_HOME: `${repository}.ratchet`, NO_COLOR: '1', FORCE_COLOR: '0' };
}

export const ratchet = (...args: string[]): Promise<Said> => ratchetIn(projectFolder, {}, ...args);

export async function ratchetIn(root: string, env: NodeJS.ProcessEnv, ...args: string[]): Promise<Said> {
  const child = spawn(process.execPath, [`${repository}cli/bin.mjs`, ...args], {
    cwd: root,
    env: { ...environment(root), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return {
    code,
    stdout,
    stderr,
    json: () => {
      try {
        return JSON.parse(stdout);
      } catch {
        throw new Error(`stdout is not one JSON object:\n${stdout}\n--- stderr:\n${stderr}`);
      }
    },
  };
}

/** Asks again until the answer is there. */
export async function until<T>(ask: () => Promise<T | null | undefined | false>): Promise<T> {
  return (await waitUntil(ask, Boolean, 500_000)) as T;
}
