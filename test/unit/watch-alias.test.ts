/** Which loop a promotion is told to as its own to judge, where several pipelines promote one model. */
import { expect, test } from 'vitest';
import { watchAlias } from '#activities/watch/alias.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import type { LedgerNow } from '#contracts/messages.ts';
import { versionTag } from '#contracts/names.ts';

/** Runs in the order in which they promoted versions 1, 2 …; the pipeline in their versions' tags, if any. */
const promotions = [
  { runId: 'run/hourly/1', tag: 'hourly' },
  // Started under ids of their own, by anybody's client.
  { runId: 'nightly', tag: 'hourly' },
  { runId: 'nightly-2', tag: 'daily' },
  // A version of before, or by a workflow of the user's own.
  { runId: 'by-hand', tag: undefined },
];

const ledger: LedgerNow = {
  ...{
    model: 'delays',
    epoch: promotions.length,
    champion: String(promotions.length),
    previous: '3',
    frozen: false,
    busy: false,
  },
  moves: promotions.map(({ runId }, index) => ({
    ...{ key: `key-${index}`, by: `${runId} (somebody)`, at: '2026-01-01T00:00:00.000Z', reason: 'it was better' },
    ...{ from: index === 0 ? null : String(index), to: String(index + 1) },
  })),
};

/** Runs whose promotions the loop of this pipeline is told to judge. */
async function judges(pipeline: string): Promise<(string | undefined)[]> {
  const version = async (_model: string, version: string) => {
    const { tag } = promotions[Number(version) - 1] ?? {};
    return { version, tags: tag === undefined ? {} : { [versionTag.pipeline]: tag } };
  };
  const { moves } = await watchAlias(
    {
      loops: { ledger: async () => ledger, look: async () => ledger },
      tracking: { alias: async () => ({ version: ledger.champion ?? '' }), version } as unknown as Parameters<
        typeof watchAlias
      >[0]['tracking'],
      store: { list: async () => [] } as unknown as Parameters<typeof watchAlias>[0]['store'],
    },
    { policy: LoopPolicy.parse({ pipeline, model: 'delays' }), mark: { epoch: 0 } },
  );
  return (moves ?? []).filter(({ probation }) => probation).map(({ runId }) => runId);
}

test('each promotion is one loop’s to judge: by its run’s id, else by its version’s tag, else by whoever watches', async () => {
  expect(await judges('hourly')).toEqual(['run/hourly/1', 'nightly', 'by-hand']);
  expect(await judges('daily')).toEqual(['nightly-2', 'by-hand']);
});
