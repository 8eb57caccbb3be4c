/** When views were as their sources last. */
import { MATERIALIZED, materializedAt, viewKey } from '#ports/materialized.ts';
import type { OnlineStore } from '#ports/online-store.ts';

/** @returns seconds since 1970 by view, of those that were materialised as a whole */
export async function materializedViews(
  views: readonly string[],
  store: Pick<OnlineStore, 'read'>,
): Promise<Map<string, number>> {
  const rows = await store.read(views.map((view) => ({ key: viewKey(view), views: [MATERIALIZED] })));
  return new Map(
    views.flatMap((view, index) => {
      const at = materializedAt(rows[index]?.[0]);
      return at === null ? [] : [[view, Number(at) / 1e6] as const];
    }),
  );
}
