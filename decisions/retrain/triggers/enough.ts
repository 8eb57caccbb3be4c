/** Conditions about how much came. */
import type { LoopFacts } from '#contracts/loop/activities.ts';
import { type Finding, holds, IDS_NAMED, lacks, plain, sources } from '../finding.ts';

export function enough(
  kind: 'newRows' | 'newPartitions',
  what: string,
  count: number,
  atLeast: number,
  { data, growing }: LoopFacts,
): Finding {
  const still = growing ? `; ${growingWords(growing)}` : '';
  if (count < atLeast) return lacks(`${plain(count)} of ${plain(atLeast)} ${what}${still}`);
  return holds({
    kind,
    words: `${plain(count)} ${what}, ${plain(atLeast)} are enough${still}`,
    figures: { [kind === 'newRows' ? 'new_rows' : 'new_partitions']: count },
    threshold: { atLeast },
    source: sources(data),
    who: data.at(-1)?.who ?? 'unknown',
    evidence: data.map(({ id }) => id).slice(-IDS_NAMED),
  });
}

function growingWords({ at, files }: NonNullable<LoopFacts['growing']>): string {
  const [first, ...more] = files;
  return `as of ${at}, ${first}${more.length > 0 ? ` and ${more.length} more` : ''} may still be growing`;
}
