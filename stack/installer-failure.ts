import { UserError } from '#contracts/failures.ts';

/** Lines of a tool's output that are shown with a failure that we do not recognise. */
const linesShown = 12;

/**
 * What went wrong when a Python environment was made, in words a user can act on. `output` is all that the tool
 * wrote; `what` completes "could not …".
 */
export function installerFailure(what: string, folder: string, output: string): UserError {
  const known = causes.find((cause) => cause.pattern.test(output));
  const shown = output.trim().split('\n').slice(-linesShown).join('\n');
  if (!known) return new UserError('OutsideRefused', `Could not ${what}. The installer said:\n${shown}`);
  return new UserError(known.type, `Could not ${what}: ${known.say(folder)}`, { cause: new Error(shown) });
}

type Cause = { pattern: RegExp; type: UserError['type']; say(folder: string): string };

/** The first that fits wins: a full disk may look like a broken download, never the other way round. */
const causes: readonly Cause[] = [
  {
    pattern: /no space left on device|disk quota exceeded|os error 28\b|os error 122\b/i,
    type: 'OutsideRefused',
    say: (folder) =>
      `the disk is full. About 2 GB must be free for ${folder} and the installer's cache; free some, or set RATCHET_HOME to a folder on a larger disk, and run the command again.`,
  },
  {
    pattern: /hash mismatch|do not match the hashes|hashes are required/i,
    type: 'OutsideRefused',
    say: () =>
      'a downloaded package differs from the hash in the lock file. Nothing of it was kept. If you use a package mirror, check it; if you changed the lock file, compile it again with hashes.',
  },
  {
    pattern:
      /dns error|failed to lookup address|name resolution|name or service not known|network is unreachable|no route to host|connection refused|connection reset|error sending request|failed to establish a new connection|timed out|tunnel|proxyerror/i,
    type: 'OutsideUnreachable',
    say: () =>
      'the package index cannot be reached. The first start needs the network once: connect and run the command again, or name your own index in UV_DEFAULT_INDEX (uv) and PIP_INDEX_URL (pip).',
  },
  {
    pattern: /ensurepip is not available|No module named (venv|ensurepip|pip)\b/i,
    type: 'InvalidInput',
    say: () =>
      'this Python cannot make environments: its venv module is missing. Install it (Debian, Ubuntu: apt install python3-venv) or put uv on the PATH, and run the command again.',
  },
  {
    pattern: /permission denied|os error 13\b|read-only file system/i,
    type: 'OutsideRefused',
    say: (folder) =>
      `${folder} cannot be written. Give yourself the right to write there, or set RATCHET_HOME to a folder of yours.`,
  },
  {
    pattern:
      /no (matching distribution|solution) found|no wheels|only has wheels for|platform tag|not supported on this platform/i,
    type: 'InvalidInput',
    say: () =>
      'a package of the lock file has no build for this Python or this machine. Python 3.11 to 3.13 on 64-bit Linux or macOS are known to work; choose one with RATCHET_PYTHON.',
  },
];
