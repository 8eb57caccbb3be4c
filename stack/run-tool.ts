import { spawn } from 'node:child_process';

/** Most of a tool's output that is kept, in characters: enough for any message, bounded for any tool. */
const outputLimit = 64 * 1024;

/** Runs a program to its end and gives its exit code and the tail of what it wrote; never throws for a bad exit. */
export function runTool(
  file: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; onLine?: (line: string) => void } = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    let output = '';
    let rest = '';
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const take = (chunk: string) => {
      output = (output + chunk).slice(-outputLimit);
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) options.onLine?.(line.trim());
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', (error) => resolve({ code: 127, output: `${output}${file}: ${error.message}` }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
