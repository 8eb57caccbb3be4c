import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * Each call draws `rows` rows of `rows` with replacement and says how often each came. The same seed gives the same
 * sequence on every machine.
 */
export function createResampler(rows: number, seed: number): () => Uint16Array {
  const random = xoroshiro128plus(seed);
  const scale = rows / 0x1_0000_0000;
  return () => {
    const counts = new Uint16Array(rows);
    // 32 random bits scaled down: the bias is below rows / 2³², one part in 4,000 at a million rows.
    for (let draw = 0; draw < rows; draw++) {
      const row = Math.floor((random.next() >>> 0) * scale);
      counts[row] = (counts[row] as number) + 1;
    }
    return counts;
  };
}

/** `size` different indices below `rows`, ascending, each set equally likely (Knuth's selection sampling, TAOCP 3.4.2 S). */
export function sample(rows: number, size: number, seed: number): Int32Array {
  const random = xoroshiro128plus(seed);
  const taken = new Int32Array(Math.min(size, rows));
  for (let row = 0, at = 0; at < taken.length; row++) {
    const needed = taken.length - at;
    if (((random.next() >>> 0) / 0x1_0000_0000) * (rows - row) < needed) taken[at++] = row;
  }
  return taken;
}
