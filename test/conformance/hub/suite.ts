/**
 * What a Hub does, whoever is asked: its own Python client, and the adapter. The double passes it, so that what is tested
 * against the double holds for the real one.
 */
import { execFile } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelHub } from '#adapters/hugging-face/hub.ts';
import type { CommitRequest, HubRepo } from '#ports/model-hub.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';

export interface HubUnderTest {
  endpoint: string;
  /** May write to the namespace. */
  token: string;
  /** Of a user or an organization. */
  namespace: string;
  /** After the tests, with each repo that they made. */
  remove(repo: string): Promise<void>;
}

const here = import.meta.dirname;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const gitBlob = (bytes: Uint8Array) => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

/** A text, a name that is not ASCII in a folder, a file for LFS, an empty one. */
const files: Record<string, Uint8Array> = {
  MLmodel: Buffer.from('flavors: {}\n'),
  'code/a folder/größe.txt': Buffer.from('nested'),
  'empty.txt': Buffer.from(''),
  'model.pkl': randomBytes(300_000),
};

export function hubConformance(name: string, open: () => Promise<HubUnderTest>): void {
  describe(`${name} is a Hub`, () => {
    let hub: HubUnderTest;
    let python: string;
    let folder: string;
    const made: string[] = [];
    const newRepo = () => {
      const repo = `${hub.namespace}/ratchet-${randomUUID().slice(0, 8)}`;
      made.push(repo);
      return repo;
    };
    const opened = (repo: string, token = hub.token): HubRepo =>
      modelHub.open(
        { endpoint: hub.endpoint, repo, token: { name: 'HF_TOKEN', value: token } },
        new AbortController().signal,
      );

    beforeAll(async () => {
      hub = await open();
      const lock = join(here, 'requirements.lock');
      const root = join(here, '..', '..', '..');
      ({ python } = await ensurePythonEnvironment({ root, name: 'hub', lock, progress: console.log }));
      folder = mkdtempSync(join(tmpdir(), 'ratchet-hub-'));
      for (const [path, bytes] of Object.entries(files)) {
        mkdirSync(join(folder, 'model', dirname(path)), { recursive: true });
        writeFileSync(join(folder, 'model', path), bytes);
      }
    }, 300_000);
    afterAll(async () => {
      for (const repo of made) await hub.remove(repo);
      rmSync(folder, { recursive: true, force: true });
    });

    /** `huggingface_hub` keeps nothing of this machine's user, and uploads as the double and the adapter do. */
    async function byItsClient(repo: string) {
      const cache = join(folder, 'cache');
      const env = {
        PATH: process.env.PATH,
        HF_HOME: join(folder, 'home'),
        HF_HUB_DISABLE_XET: '1',
        HF_HUB_DISABLE_TELEMETRY: '1',
      };
      const asked = [join(here, 'client.py'), hub.endpoint, hub.token, repo, join(folder, 'model'), cache];
      const { stdout } = await promisify(execFile)(python, asked, { env });
      return JSON.parse(stdout);
    }

    it('takes a folder from its own client, once, and gives the same bytes by a tag', async () => {
      const repo = newRepo();
      const said = await byItsClient(repo);
      expect(said).toMatchObject({ 'no repo': 404, 'tag again': 409, 'no revision': 404, private: true });
      expect(said.url).toBe(`${hub.endpoint}/${repo}`);
      expect(said.commit).toMatch(/^[0-9a-f]{40}$/);
      expect(said.again).toBe(said.commit);
      expect(said.tags).toEqual({ v1: said.commit });
      expect(said.branches).toEqual({ main: said.commit });
      expect(said.snapshot).toBe(said.commit);
      expect(said.commits.map(([, title]: string[]) => title)).toEqual(['a model', 'initial commit']);
      const found = readdirSync(said.folder, { recursive: true, encoding: 'utf8' });
      for (const [path, bytes] of Object.entries(files)) {
        expect(found).toContain(path);
        expect(sha256(readFileSync(join(said.folder, path)))).toBe(sha256(bytes));
        const { oid, sha256: large, size } = said.files[path];
        expect({ path, size, oid: large ?? oid }).toEqual({
          path,
          size: bytes.length,
          oid: large === null ? gitBlob(bytes) : sha256(bytes),
        });
      }
      expect(said.files['model.pkl'].sha256).not.toBeNull();
      expect(said.files.MLmodel.sha256).toBeNull();
    });

    it('gives the adapter the same', async () => {
      const name = newRepo();
      const repo = opened(name);
      expect(await repo.info()).toBeNull();
      await repo.create({ private: true });
      await repo.create({ private: true });
      const before = await repo.info();
      const parent = before?.branches.get('main') ?? '';
      expect(before?.private).toBe(true);
      const request: CommitRequest = {
        ...{ branch: 'main', parent, title: 'a model', description: 'Key: 1', removed: [] },
        files: [
          ...Object.keys(files).map((path) => ({ path, content: { file: join(folder, 'model', path) } })),
          { path: 'README.md', content: { bytes: Buffer.from('---\nlicense: mit\n---\n# größe\n') } },
        ],
      };
      const said: string[] = [];
      const commit = await repo.commit(request, (text) => said.push(text));
      expect(commit).toMatch(/^[0-9a-f]{40}$/);
      expect(said.at(-1)).toMatch(/^(committing|uploading)/);
      await expect(repo.commit({ ...request, files: request.files.slice(-1) }, () => {})).rejects.toMatchObject({
        name: 'UserError',
        type: 'OutsideUnreachable',
        message: expect.stringContaining('was changed by somebody else'),
      });
      await repo.tag('v1', commit, 'first');
      await expect(repo.tag('v1', parent, 'another')).rejects.toThrow('made the tag v1');
      const info = await repo.info();
      expect([...(info?.branches ?? [])]).toEqual([['main', commit]]);
      expect([...(info?.tags ?? [])]).toEqual(['v1']);
      expect([await repo.resolve('v1'), await repo.resolve('main')]).toEqual([commit, commit]);
      const listed = new Map((await repo.files(commit)).map((file) => [file.path, file]));
      for (const [path, bytes] of Object.entries(files))
        expect(listed.get(path)).toMatchObject(
          path === 'model.pkl' ? { bytes: bytes.length, sha256: sha256(bytes) } : { oid: gitBlob(bytes), sha256: null },
        );
      expect(await repo.text(commit, 'README.md')).toBe('---\nlicense: mit\n---\n# größe\n');
      expect(await repo.text(parent, 'README.md')).toBeNull();
      const commits = [];
      for await (const each of repo.commits('main')) commits.push(each);
      expect(commits.map(({ id }) => id)).toEqual([commit, parent]);
      expect(commits[0]).toMatchObject({ title: 'a model', message: expect.stringContaining('Key: 1') });

      const removed = await repo.commit({ ...request, parent: commit, files: [], removed: ['empty.txt'] }, () => {});
      expect((await repo.files(removed)).map(({ path }) => path)).not.toContain('empty.txt');
    });

    it('tells a token that it does not know', async () => {
      await expect(opened(newRepo(), 'hf_nobodys').create({ private: true })).rejects.toMatchObject({
        type: 'OutsideRefused',
        message: expect.stringContaining('The token in HF_TOKEN is not valid there'),
      });
    });
  });
}
