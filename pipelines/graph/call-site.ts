/** Where in the user's code an operator was called: `file:line`, as the source maps in force give it. */
import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseStack } from 'error-stack-parser-es/lite';

/** Set while a preset builds a graph for its caller: positions inside the preset would tell the caller nothing. */
let origin: string | null = null;

/** Calls `body`; until it returns, every {@link callSite} is `site`. */
export function calledFrom<T>(site: string | null, body: () => T): T {
  const outer = origin;
  origin = site;
  try {
    return body();
  } finally {
    origin = outer;
  }
}

/**
 * `file:line` of the caller of `entry` (a function on the stack now), relative to the working directory when the file
 * lies in it; null when the stack does not say.
 */
export function callSite(entry: (...args: never[]) => unknown): string | null {
  if (origin) return origin;
  const holder: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 5;
  Error.captureStackTrace(holder, entry);
  const stack = holder.stack;
  Error.stackTraceLimit = limit;
  return firstSite(stack);
}

/** `file:line` of the innermost frame of an error that lies in a file. */
export function thrownAt(error: unknown): string | null {
  return error instanceof Error ? firstSite(error.stack) : null;
}

function firstSite(stack: string | undefined): string | null {
  if (typeof stack !== 'string') return null;
  for (const { file, line } of parseStack(stack, { allowEmpty: true })) {
    if (file && line && !file.startsWith('node:') && !file.startsWith('<')) return `${shown(file)}:${line}`;
  }
  return null;
}

function shown(file: string): string {
  const path = file.startsWith('file:') ? fileURLToPath(file.replace(/[?#].*$/, '')) : file.replace(/[?#].*$/, '');
  if (!isAbsolute(path)) return path;
  const inside = relative(process.cwd(), path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}
