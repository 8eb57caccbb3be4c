/** Where in the project's own code something happened, from a stack whose source maps are applied. */

/** Ratchet's folders as they look from its own clone, where the project and Ratchet share a root. */
const ownCode =
  /^(contracts|decisions|workflows|activities|ports|measures|reports|records|adapters|stack|workers|gateway|cli|dist)\/|^pipelines\/([^/]+\.[a-z]+$|graph\/|presets\/|testing\/)/;

export interface Frame {
  /** Relative to the project. */
  file: string;
  line: number;
}

/** Frames of `stack` that lie in the project and outside of node_modules, innermost first. */
export function userFrames(stack: string | undefined, root: string): Frame[] {
  const frames: Frame[] = [];
  for (const text of stack?.split('\n') ?? []) {
    const match = /(?:file:\/\/)?(\/[^()]*?):(\d+)(?::\d+)?\)?$/.exec(text);
    if (!match?.[1] || !/^\s*at /.test(text)) continue;
    const path = decodeURIComponent(match[1]);
    if (!path.startsWith(`${root}/`) || path.includes('/node_modules/')) continue;
    const file = path.slice(root.length + 1);
    if (file.startsWith('.ratchet/') || ownCode.test(file)) continue;
    frames.push({ file, line: Number(match[2]) });
  }
  return frames;
}

/** ` (pipelines/x/steps.ts:12)`, or nothing when no frame is the project's. */
export function place(error: unknown, root: string): string {
  const frame = error instanceof Error ? userFrames(error.stack, root)[0] : undefined;
  return frame ? ` (${frame.file}:${frame.line})` : '';
}

/** What was thrown, in words, at most 4,000 characters; anything can be thrown. */
export function said(error: unknown): string {
  let text: string;
  try {
    text = error instanceof Error ? error.message || error.name : String(error);
  } catch {
    text = 'something that cannot be printed';
  }
  return text.length > 4000 ? `${text.slice(0, 4000)}…` : text;
}
