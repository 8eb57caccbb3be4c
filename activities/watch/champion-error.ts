/** The champion's figure on its holdout was measured on some rows, too. */
import { Evidence } from '#contracts/evidence.ts';
import { figure } from '#contracts/trigger.ts';
import type { ObjectStore } from '#ports/store.ts';

/** Rows of the holdout that count in the figures that a version was promoted for; null when that is not known any more. */
export async function championRows(
  store: Pick<ObjectStore, 'get' | 'key'>,
  evidence: string | null,
): Promise<number | null> {
  const body = evidence === null ? null : await store.get(store.key(evidence));
  const found = body && Evidence.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data;
  if (!found) return null;
  const { rows, dropped } = found;
  const counted = rows - dropped.target - dropped.candidate - dropped.champion;
  return counted > 0 ? counted : null;
}

/**
 * Where nothing changes, the same model on rows of the same kind: its figure varies as the new one does, by the root of the
 * rows' ratio. So the interval of the new figure, as wide as that, is the holdout's, and nothing need be scored again.
 * @param ratio rows of the new figure for each row of the holdout
 */
export function championInterval(
  champion: number,
  { value, lower, upper }: { value: number; lower: number; upper: number },
  ratio: number,
) {
  const wide = Math.sqrt(ratio);
  return {
    championLower: figure(champion - (value - lower) * wide),
    championUpper: figure(champion + (upper - value) * wide),
  };
}
