/** Pages that a worker has drawn lately: an unchanged run asks for the same verdict on the same evidence again. */
import { canonicalJson } from '#contracts/json.ts';
import type { Report } from '#reports/evaluation/report.ts';
import type { Draw } from '../model/evaluate/draw-report.ts';
import { sha256 } from '../sha256.ts';

/** Of one process: some pipelines, each with its page. */
const PAGES = 16;
/** Characters of a page; longer ones are drawn each time. */
const LONGEST = 2 ** 20;

/**
 * Draws the same request once: a page is made of its request alone, by a program that stays the same as long as the process
 * lives. Whoever asks stores the page as if it had been drawn for them.
 */
export function remembering(draw: Draw): Draw {
  const known = new Map<string, Report>();
  return async (request, signal) => {
    const key = sha256(canonicalJson(request));
    const before = known.get(key);
    const page = before ?? (await draw(request, signal));
    known.delete(key);
    // The one that was asked for longest ago is first.
    if (page.html.length <= LONGEST) known.set(key, page);
    for (const oldest of known.keys()) if (known.size > PAGES) known.delete(oldest);
    return page;
  };
}
