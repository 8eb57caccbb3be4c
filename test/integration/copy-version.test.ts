/** A version goes from one MLflow server to another; what is cut on the way is in effects/copy-deaths. */
import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copied, copyWorld, production, registered, servers, staging } from './copy-world.ts';

copyWorld();

describe('a copy', () => {
  it('has the same files, verdict and figures, and is champion of nothing', async () => {
    const { version, digest } = await registered('flights');
    const first = await copied(version, production, 'flights-prod');
    expect(first).toEqual({ version: '1', digest, already: false });
    const [there] = await production.versions('flights-prod');
    expect(there?.tags).toMatchObject({
      ...{ 'ratchet.verdict': 'passed', 'ratchet.key': 'key-flights', 'ratchet.digest': digest },
      ...{ 'ratchet.champion': 'not yet', 'ratchet.copied.by': 'anna' },
      'ratchet.copied.from': `${staging.url} flights@1`,
    });
    expect(await production.modelDigest(there?.source ?? '')).toBe(digest);
    const { metrics, params, status } = await production.run(there?.runId ?? '');
    expect({ metrics, params, status }).toEqual({
      ...{ metrics: { roc_auc: 0.75 }, params: { rate: '0.1' }, status: 'FINISHED' },
    });
    expect(await copied(version, production, 'flights-prod')).toEqual({ version: '1', digest, already: true });
    expect(await production.versions('flights-prod')).toHaveLength(1);
  });

  it('made by two at once is one version', async () => {
    const { version } = await registered('twice');
    const answers = await Promise.all([copied(version), copied(version), copied(version)]);
    expect(new Set(answers.map((each) => each.version)).size).toBe(1);
    expect(await production.versions('twice')).toHaveLength(1);
  });

  it.each([
    ['passed no gate', {}, /has no verdict of a gate/],
    ['was refused', { 'ratchet.verdict': 'refused' }, /has the verdict "refused"/],
    ['waits for approval', { 'ratchet.verdict': 'needs-approval' }, /has the verdict "needs-approval"/],
  ])('of one that %s is none', async (name, tags, message) => {
    const { version } = await registered(name.replaceAll(' ', '-'), tags);
    await expect(copied(version)).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(message),
    });
    expect(await production.versions(version.model)).toEqual([]);
  });

  it('onto itself is refused', async () => {
    const { version } = await registered('itself');
    await expect(copied(version, staging)).rejects.toThrow(/would be copied onto itself/);
  });

  it('of files that were changed is refused, on this side and on the other', async () => {
    const { version } = await registered('changed');
    const broken = { ...version, tags: { ...version.tags, 'ratchet.digest': `sha256:${'0'.repeat(64)}` } };
    await expect(copied(broken)).rejects.toThrow(/are not those that were logged/);
    await copied(version);
    const artifacts = join(servers[1]?.folder ?? '', 'artifacts');
    const files = await readdir(artifacts, { recursive: true, withFileTypes: true });
    const [there] = await production.versions('changed');
    const file = files.find(({ name, parentPath }) => name === 'MLmodel' && parentPath.includes(there?.runId ?? '?'));
    writeFileSync(join(file?.parentPath ?? '', 'MLmodel'), 'flavors: {}\n');
    await expect(copied(version)).rejects.toThrow(/on the other server are not those that were copied/);
  });
});
