/** Rows that a model can learn from, the same for the same salt. */
import { createHash, pbkdf2 } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);
const ROWS = 2_000;

export async function makeRows(make: {
  salt: string;
  rounds: number;
  folder: string;
  progress(done: number, total: number): void;
}): Promise<string> {
  let key = make.salt;
  for (let round = 0; round < make.rounds; round++) {
    key = (await derive(key, 'rows', 20_000, 32, 'sha256')).toString('hex');
    make.progress(round + 1, make.rounds);
  }
  // Its answer is not used: rows follow from the salt alone.
  const lines = ['low,high,wind,hot'];
  for (let row = 0; row < ROWS; row++) {
    const bytes = createHash('sha256').update(`${make.salt} ${row}`).digest();
    const [low, rise, wind, luck] = [0, 1, 2, 3].map((at) => bytes.readUInt16BE(at * 2) / 65_536) as [
      number,
      number,
      number,
      number,
    ];
    const hot = low + rise - 0.5 * wind + 0.6 * (luck - 0.5) > 0.75 ? 1 : 0;
    lines.push(
      [low, low + rise, wind]
        .map((value) => value.toFixed(5))
        .join(',')
        .concat(`,${hot}`),
    );
  }
  const path = join(make.folder, 'rows.csv');
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}
