/** What every {@link Tracking} must do. A new one is proven by calling this with a factory. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TrackedRun, Tracking } from '#ports/tracking.ts';
import type { LoggedForTest, logModel } from '../servers/logged-model.ts';

export interface TrackingUnderTest {
  /** A client of its own for each call: two of them share no memory. */
  client(): Tracking;
  log(run: TrackedRun, options?: Parameters<typeof logModel>[2]): Promise<LoggedForTest>;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export function trackingConformance(name: string, open: () => Promise<TrackingUnderTest>): void {
  describe(`${name} tracks runs`, () => {
    let server: TrackingUnderTest;
    let tracking: Tracking;
    let experimentId: string;
    beforeAll(async () => {
      server = await open();
      tracking = server.client();
      experimentId = await tracking.ensureExperiment('conformance');
    });
    const newRun = (key: string) => tracking.ensureRun({ experimentId, key, name: key });

    it('makes an experiment once, whatever its name holds', async () => {
      for (const experiment of ['two words', "quote's", 'größe/δ', 'conformance']) {
        const ids = await Promise.all(Array.from({ length: 4 }, () => server.client().ensureExperiment(experiment)));
        expect(new Set(ids).size, experiment).toBe(1);
      }
    });

    it('gives every caller the same run for the same key', async () => {
      const request = { experimentId, key: 'run/p/1', name: 'run/p/1', tags: { 'ratchet.run': 'run/p/1' } };
      const first = await tracking.ensureRun(request);
      expect(first).toMatchObject({ experimentId, status: 'RUNNING', tags: { 'ratchet.run': 'run/p/1' } });
      for (const client of [tracking, server.client()])
        expect((await client.ensureRun(request)).runId).toBe(first.runId);
      expect((await tracking.ensureRun({ ...request, key: 'run/p/2' })).runId).not.toBe(first.runId);
    });

    it('settles on one run when many ask at once, and leaves no other', async () => {
      const request = { experimentId, key: 'contested', name: 'contested' };
      const runs = await Promise.all(Array.from({ length: 4 }, () => tracking.ensureRun(request)));
      expect(new Set(runs.map(({ runId }) => runId)).size).toBe(1);
      expect(await tracking.runsTagged(experimentId, 'ratchet.key', 'contested')).toHaveLength(1);
    });

    it('keeps parents, and finds runs by a tag, oldest first', async () => {
      const parent = await newRun('parent');
      const children = [];
      for (const key of ['child-1', 'child-2', 'child-3'])
        children.push(
          await tracking.ensureRun({ experimentId, key, name: key, parent: parent.runId, tags: { group: 'x' } }),
        );
      const found = await tracking.runsTagged(experimentId, 'group', 'x');
      expect(found.map(({ runId }) => runId)).toEqual(children.map(({ runId }) => runId));
      expect(found[0]?.tags['mlflow.parentRunId']).toBe(parent.runId);
    });

    it('logs metrics once however often it is asked, also those that are not finite', async () => {
      const { runId } = await newRun('metrics');
      const batch = {
        metrics: { auc: 0.71, nan: Number.NaN, up: Number.POSITIVE_INFINITY, down: Number.NEGATIVE_INFINITY },
        params: { rate: '0.1' },
        tags: { note: 'größer' },
        step: 3,
        timestamp: 1_700_000_000_000,
      };
      for (let i = 0; i < 3; i++) await tracking.log(runId, batch);
      const run = await tracking.run(runId);
      expect(run.metrics).toEqual(batch.metrics);
      expect(run.steps.auc).toBe(3);
      expect(run).toMatchObject({ params: batch.params, tags: batch.tags });
    });

    it('takes more metrics and tags than fit into one request', async () => {
      const { runId } = await newRun('many');
      const metrics = Object.fromEntries(Array.from({ length: 1_700 }, (_, i) => [`m${i}`, i]));
      const tags = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`t${i}`, String(i)]));
      await tracking.log(runId, { metrics, tags, timestamp: 1 });
      const run = await tracking.run(runId);
      expect(run.metrics).toEqual(metrics);
      expect(run.tags).toMatchObject(tags);
    });

    it('ends runs and keeps the first end', async () => {
      const { runId } = await newRun('ends');
      await tracking.finish(runId, 'FINISHED');
      await tracking.finish(runId, 'FINISHED');
      expect((await tracking.run(runId)).status).toBe('FINISHED');
      await tracking.finish(runId, 'KILLED');
      expect((await tracking.run(runId)).status).toBe('KILLED');
    });

    it('opens a run again that has ended, and what is logged then is there beside what was', async () => {
      const { runId } = await newRun('reopened');
      await tracking.log(runId, { metrics: { auc: 0.5 }, step: 1, timestamp: 1 });
      await tracking.finish(runId, 'KILLED');
      for (let i = 0; i < 2; i++) await tracking.reopen(runId);
      await tracking.log(runId, { metrics: { auc: 0.6 }, step: 2, timestamp: 2 });
      expect((await tracking.run(runId)).status).toBe('RUNNING');
      expect((await tracking.metricHistory(runId, 'auc')).map(({ step }) => step)).toEqual([1, 2]);
      await tracking.finish(runId, 'FINISHED');
      expect((await tracking.run(runId)).status).toBe('FINISHED');
    });

    it('logs inputs and artifacts again and again to the same effect', async () => {
      const { runId } = await newRun('inputs');
      for (let i = 0; i < 2; i++) {
        await tracking.logInputs(runId, [
          { name: 'features', digest: `md5:${'a'.repeat(32)}`, uri: 's3://bucket/key', context: 'training' },
        ]);
        await tracking.uploadArtifact(runId, 'ratchet/a log.txt', 'line\n');
      }
    });

    it('lets many attempts log the same inputs and tags at once', async () => {
      const { runId } = await newRun('inputs at once');
      for (const round of [1, 2, 3])
        await Promise.all(
          Array.from({ length: 8 }, async () => {
            await tracking.logInputs(runId, [
              { name: 'rows', digest: `md5:${`${round}`.repeat(32)}`, uri: 's3://bucket/key', context: 'training' },
            ]);
            await tracking.log(runId, { timestamp: 1, tags: { [`round ${round}`]: 'yes' } });
          }),
        );
    });

    it('finds the models of a run and of its children, the run’s own newest last, and nothing half written', async () => {
      const run = await newRun('models');
      const child = await tracking.ensureRun({ experimentId, key: 'trial', name: 'trial', parent: run.runId });
      expect(await tracking.models(run.runId)).toEqual([]);
      const [first, second] = [await server.log(run, { name: 'first' }), await server.log(run, { name: 'second' })];
      const trial = await server.log(child, { name: 'trial' });
      await server.log(run, { name: 'cut off', ready: false });
      expect((await tracking.models(run.runId)).map(({ uri }) => uri)).toEqual([trial.uri, first.uri, second.uri]);
    });

    it('digests a model over the bytes of all its files', async () => {
      const run = await newRun('digest');
      const { uri, files } = await server.log(run);
      const lines = Object.keys(files)
        .sort()
        .map((path) => `${path}\0${sha256(files[path] ?? '')}\n`);
      expect(await tracking.modelDigest(uri)).toBe(`sha256:${sha256(lines.join(''))}`);
    });

    it('reads a model’s card and copies its files, whole or not at all', async () => {
      const run = await newRun('card');
      const { uri, files } = await server.log(run);
      const bare = await server.log(run, { signature: false });
      expect(await tracking.modelCard(uri)).toEqual({
        flavors: ['python_function', 'sklearn'],
        signature: true,
        inputExample: true,
      });
      expect(await tracking.modelCard(bare.uri)).toMatchObject({ signature: false, inputExample: false });
      const folder = mkdtempSync(join(tmpdir(), 'ratchet-model-'));
      await tracking.downloadModel({ uri, digest: null }, join(folder, 'model'));
      for (const [path, text] of Object.entries(files))
        expect(readFileSync(join(folder, 'model', path), 'utf8')).toBe(text);
      // Somebody reads what is there: it stays, whoever comes later with the same model, and however many at once.
      writeFileSync(join(folder, 'model', 'read-by-somebody'), '');
      await Promise.all([1, 2, 3].map(() => tracking.downloadModel({ uri, digest: null }, join(folder, 'model'))));
      expect(readdirSync(join(folder, 'model'))).toContain('read-by-somebody');
      const stop = AbortSignal.abort(new Error('cancelled by the test'));
      await expect(tracking.downloadModel({ uri, digest: null }, join(folder, 'other'), stop)).rejects.toThrow(
        'cancelled by the test',
      );
      await expect(
        tracking.downloadModel(
          { uri: 'models:/m-00000000000000000000000000000000', digest: null },
          join(folder, 'none'),
        ),
      ).rejects.toMatchObject({ type: 'ArtifactDamaged', uri: 'models:/m-00000000000000000000000000000000' });
      expect(readdirSync(folder)).toEqual(['model']);
      rmSync(folder, { recursive: true });
    });

    it('copies only the files that a model’s digest was made of, and knows a copy that was changed', async () => {
      const run = await newRun('bytes');
      const { uri } = await server.log(run);
      const digest = await tracking.modelDigest(uri);
      const folder = mkdtempSync(join(tmpdir(), 'ratchet-model-'));
      const copy = join(folder, 'model');
      expect(await tracking.folderDigest(copy)).toBeNull();
      const other = `sha256:${sha256('another model')}`;
      await expect(tracking.downloadModel({ uri, digest: other }, copy)).rejects.toMatchObject({
        type: 'ArtifactDamaged',
        uri,
        message: expect.stringContaining(other),
      });
      expect(readdirSync(folder)).toEqual([]);
      await tracking.downloadModel({ uri, digest }, copy);
      expect(await tracking.folderDigest(copy)).toBe(digest);
      writeFileSync(join(copy, 'MLmodel'), 'another model');
      expect(await tracking.folderDigest(copy)).not.toBe(digest);
      rmSync(folder, { recursive: true });
    });

    it('refuses words for a run that is not there', async () => {
      await expect(tracking.run('0123456789abcdef0123456789abcdef')).rejects.toMatchObject({ type: 'OutsideRefused' });
    });
  });

  describe(`${name} keeps a registry`, () => {
    let server: TrackingUnderTest;
    let tracking: Tracking;
    let run: TrackedRun;
    let uri: string;
    beforeAll(async () => {
      server = await open();
      tracking = server.client();
      const experimentId = await tracking.ensureExperiment('registry');
      run = await tracking.ensureRun({ experimentId, key: 'registry', name: 'registry' });
      ({ uri } = await server.log(run));
    });
    const create = (model: string, tags: Record<string, string> = {}) =>
      tracking.createVersion({ model, source: uri, runId: run.runId, description: 'why', tags });

    it('knows nothing of a model that nobody registered', async () => {
      expect(await tracking.versions('nobody')).toEqual([]);
      expect(await tracking.alias('nobody', 'champion')).toBeNull();
      expect(await tracking.champion('nobody')).toBeNull();
    });

    it('makes versions with their tags, numbers growing, also many at once', async () => {
      const made = await Promise.all(Array.from({ length: 4 }, (_, i) => create('growing', { key: String(i) })));
      const found = await tracking.versions('growing');
      expect(found.map(({ version }) => version)).toEqual(['1', '2', '3', '4']);
      for (const version of made) {
        expect(found).toContainEqual(version);
        expect(await tracking.version('growing', version.version)).toEqual(version);
      }
      const third = [found[2]];
      expect(await tracking.versions('growing', { tag: 'key', is: third[0]?.tags.key ?? '' })).toEqual(third);
      expect(await tracking.versions('growing', { source: uri })).toEqual(found);
      expect(await tracking.versions('growing', { source: `${uri}-else` })).toEqual([]);
      expect(await tracking.newestVersions('growing', 2)).toEqual(found.slice(2));
      for (const none of ['5', 'none', '']) expect(await tracking.version('growing', none)).toBeNull();
      expect(await tracking.version('nobody', '1')).toBeNull();
      expect(found[0]).toMatchObject({ model: 'growing', runId: run.runId, source: uri });
    });

    it('deletes a version for good, and its number is not given again', async () => {
      for (let i = 0; i < 2; i++) await create('shrinking');
      await tracking.deleteVersion('shrinking', '2');
      await tracking.deleteVersion('shrinking', '2');
      expect((await create('shrinking')).version).toBe('3');
      expect((await tracking.versions('shrinking')).map(({ version }) => version)).toEqual(['1', '3']);
      expect(await tracking.version('shrinking', '2')).toBeNull();
    });

    it('describes a version anew', async () => {
      await create('described', { old: 'kept' });
      await tracking.describeVersion({ model: 'described', version: '1', description: 'new', tags: { more: 'yes' } });
      expect((await tracking.versions('described'))[0]?.tags).toEqual({ old: 'kept', more: 'yes' });
    });

    it('moves an alias, takes it away, and does both twice', async () => {
      await create('aliased');
      const training = [{ digest: 'md5:rows', rows: 7, window: { column: 'time', from: 'a', to: 'b' } }];
      await create('aliased', { 'ratchet.digest': 'sha256:known', 'ratchet.training': JSON.stringify(training) });
      for (const version of ['1', '1', '2']) await tracking.setAlias('aliased', 'champion', version);
      expect((await tracking.alias('aliased', 'champion'))?.version).toBe('2');
      expect(await tracking.champion('aliased')).toEqual({
        kind: 'champion',
        model: 'aliased',
        version: '2',
        runId: run.runId,
        uri,
        digest: 'sha256:known',
        training,
      });
      await tracking.setAlias('aliased', 'champion', '1');
      expect((await tracking.champion('aliased'))?.digest).toBe(await tracking.modelDigest(uri));
      for (let i = 0; i < 2; i++) await tracking.setAlias('aliased', 'champion', null);
      expect(await tracking.champion('aliased')).toBeNull();
    });

    it('refuses an alias for a version that is not there', async () => {
      await create('short');
      await expect(tracking.setAlias('short', 'champion', '99')).rejects.toMatchObject({ type: 'OutsideRefused' });
    });
  });
}
