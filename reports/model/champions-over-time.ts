/** Who was champion when, as a line of steps: time from left to right, the version's number upwards. */
import type { Reign } from '#records/model-story.ts';
import { type Html, html, trusted } from '../html.ts';
import { counted, moment } from '../numbers.ts';

const [WIDTH, HEIGHT, EDGE] = [800, 120, 8];

/** @param reigns newest first, at least one @param at ISO: how long the last one lasts */
export function championsOverTime(reigns: readonly Reign[], at: string): Html {
  const ordered = reigns.toReversed();
  const [first, last] = [ordered[0], ordered.at(-1)];
  const begin = Date.parse(first?.from ?? at);
  const end = Math.max(Date.parse(last?.until ?? at), begin + 1);
  const numbers = ordered.map(({ version }) => Number(version)).filter(Number.isFinite);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const x = (iso: string) => (((Date.parse(iso) - begin) / (end - begin)) * WIDTH).toFixed(1);
  const y = ({ version }: Reign) =>
    (HEIGHT - EDGE - ((Number(version) - low) / Math.max(1, high - low)) * (HEIGHT - 2 * EDGE)).toFixed(1);
  const steps = ordered.map((reign, place) => {
    const gap = place > 0 && ordered[place - 1]?.until !== reign.from;
    return `${place === 0 || gap ? 'M' : 'L'}${x(reign.from)} ${y(reign)}H${x(reign.until ?? at)}`;
  });
  // Where the line goes down nobody had to look twice: a rollback is a dot.
  const back = ordered.filter(({ began }) => began !== 'promotion').map((reign) => `M${x(reign.from)} ${y(reign)}h.01`);
  const says = `${counted(ordered.length, 'champion')} from ${moment(first?.from)} to ${moment(last?.until ?? at)}; rollbacks and moves by hand are dots`;
  return html`<svg class="champions" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${says}"><path class="steps" d="${trusted(steps.join(''))}"/><path class="back" style="stroke-width:${back.length > 30 ? 4 : 9}px" d="${trusted(back.join(''))}"/></svg><div class="axis" aria-hidden="true"><span>${moment(first?.from)}, v${String(first?.version)}</span><span>● rollback, or moved by hand</span><span>v${String(last?.version)}, ${last?.until === null ? 'now' : moment(last?.until)}</span></div>`;
}
