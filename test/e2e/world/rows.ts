/** The rows of the small pipeline: x1 … x3 tell y, x4 a little, and chance the rest. Always the same. */
import { writeFileSync } from 'node:fs';

const ROWS = 2_000;

export function writeRows(file: string): void {
  const chance = xorshift(20_260_101);
  const normal = () => Math.sqrt(-2 * Math.log(chance())) * Math.cos(2 * Math.PI * chance());
  const lines = ['x1,x2,x3,x4,y'];
  for (let row = 0; row < ROWS; row++) {
    const [x1, x2, x3, x4] = [normal(), normal(), normal(), normal()];
    const odds = 1.2 * x1 + 0.9 * x2 + 0.7 * x3 + 0.12 * x4;
    const y = chance() < 1 / (1 + Math.exp(-odds)) ? 1 : 0;
    lines.push(
      [x1, x2, x3, x4]
        .map((x) => x.toFixed(5))
        .join(',')
        .concat(`,${y}`),
    );
  }
  writeFileSync(file, `${lines.join('\n')}\n`);
}

/** Numbers in (0, 1) that a seed alone decides. */
function xorshift(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return (state + 1) / 2 ** 32 / (1 + 2 ** -32);
  };
}
