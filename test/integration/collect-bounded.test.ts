/** A store that a pipeline retrains into, week after week, with and without collections. */
import { expect, it } from 'vitest';
import { type CollectParts, collect } from '#activities/collect/collect.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import { createDataWorkplace } from '../conformance/data-workplace.ts';

/** `RATCHET_WEEKS=18` measures the curve of docs/scale.md. */
const WEEKS = Number(process.env.RATCHET_WEEKS ?? 18);
const DAY = 86_400_000;
const ROWS = 500;
/** Every so many weeks a version is registered. */
const REGISTERED = 6;

const csv = (week: number): string => {
  let state = week + 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647).toFixed(9);
  };
  return `a,b,y\n${Array.from({ length: ROWS }, (_, row) => `${random()},${random()},${row % 2}`).join('\n')}\n`;
};

it('with collections the store holds the runs within their retention, the versions and a grace period of trash', async () => {
  const place = await createDataWorkplace();
  const { store } = place;
  await store.put(storeKey.policy('p'), '{}');
  let week = 0;
  /** Weeks in which objects were written. */
  const written = new Map<string, number>();
  const aged: ObjectStore = {
    ...store,
    async *list(prefix) {
      for await (const each of store.list(prefix)) {
        if (!written.has(each.key)) written.set(each.key, week);
        const ago = each.key.startsWith('users/') ? 0 : (week - (written.get(each.key) ?? week)) * 7 * DAY;
        yield { ...each, modified: new Date(each.modified.getTime() - ago) };
      }
    },
  };
  const size = async () => {
    let bytes = 0;
    for await (const each of aged.list('')) bytes += each.bytes;
    return bytes;
  };
  const tags: Record<string, string>[] = [];
  const parts: CollectParts = {
    store: aged,
    uploads: { async *unfinished() {}, giveUp: async () => undefined },
    live: { identity: async () => ({ cluster: 'c', namespace: 'n' }), async *all() {} },
    registry: {
      url: '',
      async *everyVersion() {
        for (const each of tags) yield { model: 'm', version: '1', runId: 'r', source: '', tags: each };
      },
    },
    async *projectTexts() {},
  };
  const curve: { week: number; written: number; held: number }[] = [];
  let all = 0;
  try {
    for (week = 1; week <= WEEKS; week++) {
      const before = await size();
      await place.file('data.csv', csv(week));
      const { snapshot } = await place.validate({ source: 'data.csv' });
      const features = await place.featurize({ data: snapshot, target: 'y', split: { by: 'share', holdout: 0.3 } });
      await store.put(storeKey.record(`run/p/${week}`), JSON.stringify({ snapshot, features }));
      if (week % REGISTERED === 0)
        tags.push({ 'ratchet.key': `${week}`, 'ratchet.run': `run/p/${week}`, 'ratchet.data': features.train.digest });
      all += (await size()) - before;
      await collect(parts, { remove: true, graceMs: 7 * DAY, keepRunsMs: 28 * DAY, keepCacheMs: 28 * DAY });
      curve.push({ week, written: all, held: await size() });
    }
  } finally {
    await place.close();
  }
  if (process.env.RATCHET_WEEKS) console.log(JSON.stringify(curve));
  const run = all / WEEKS;
  const { held = 0 } = curve.at(-1) ?? {};
  // Four weeks of runs, two of trash, and a run for each version; not one more.
  expect(held).toBeLessThan(run * (4 + 2 + 1 + tags.length));
  expect(held).toBeGreaterThan(run * tags.length);
});
