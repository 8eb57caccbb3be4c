/** Colour for people only. */
import picocolors from 'picocolors';
import { marked } from './printable.ts';

/**
 * True at a terminal, or where FORCE_COLOR asks for it; NO_COLOR (https://no-color.org) comes before all. The library's
 * own choice also colours wherever CI is set, and so the logs and files that machines read there.
 * @internal
 */
export function hasColor(env: NodeJS.ProcessEnv, terminal: boolean): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return terminal && env.TERM !== 'dumb';
}

/** Lines go to standard output and to standard error: both are looked at by a person, or neither is coloured. */
const terminal = [process.stdout, process.stderr].every((stream) => stream.isTTY === true);

const { bold, cyan, dim, green, red, yellow } = picocolors.createColors(hasColor(process.env, terminal));

export default {
  bold: marked(bold),
  cyan: marked(cyan),
  dim: marked(dim),
  green: marked(green),
  red: marked(red),
  yellow: marked(yellow),
};
