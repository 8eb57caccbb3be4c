/** A version goes from one MLflow server to another, whatever is cut on the way. */
import { expect, it } from 'vitest';
import { copied, copyWorld, cut, production, proxy, registered } from '../integration/copy-world.ts';

copyWorld();

it('a copy is one version, whichever request its maker dies at', async () => {
  const requests = [
    /experiments\/create/,
    /runs\/create/,
    /log-batch/,
    /PUT .*mlflow-artifacts/,
    /runs\/update/,
    /model-versions\/create/,
  ];
  for (const [at, match] of requests.entries())
    for (const when of ['before', 'after'] as const) {
      const { version, digest } = await registered(`cut-${at}-${when}`);
      proxy.cut({ match, when, action: async () => undefined });
      // Where the experiment is there already nothing is created, and nothing cut.
      await copied(version, cut).catch(() => undefined);
      expect((await copied(version)).digest).toBe(digest);
      expect(await production.versions(version.model), `${match} ${when}`).toHaveLength(1);
    }
});
