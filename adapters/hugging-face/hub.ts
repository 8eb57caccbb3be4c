/** Hugging Face's Hub, or what answers as it does, behind the port: only this folder knows its API and its SDK. */
import { pathToFileURL } from 'node:url';
import { type CommitProgressEvent, commitIter, createRepo, listCommits, listFiles } from '@huggingface/hub';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { type CommitRequest, HubMoved, type ModelHub } from '#ports/model-hub.ts';
import { asking } from './asking.ts';
import { HubRefusal } from './refusals.ts';

const Refs = z.object({
  branches: z.array(z.object({ name: z.string(), targetCommit: z.string() })),
  tags: z.array(z.object({ name: z.string() })),
});
const Info = z.object({ private: z.boolean().default(false) });
/** Of a text that is read whole. */
const LARGEST_TEXT = 4 * 2 ** 20;
const SHA = /^[0-9a-f]{40}$/;
const Revision = z.object({ sha: z.string().regex(SHA) });

export const modelHub: ModelHub = {
  open(target, signal) {
    const { endpoint, repo } = target;
    const ask = asking(target, signal);
    const api = `${endpoint}/api/models/${repo}`;
    // The SDK takes tokens of Hugging Face's form only; `ask` adds whatever the endpoint takes.
    const at = (doing: string) => ({ repo, hubUrl: endpoint, accessToken: '', fetch: ask(doing) });

    return {
      async info() {
        try {
          const info = await read(ask(`reading ${repo}`), api, Info);
          const refs = await read(ask(`reading branches and tags of ${repo}`), `${api}/refs`, Refs);
          const branches = new Map(refs.branches.map(({ name, targetCommit }) => [name, targetCommit]));
          return { private: info.private, branches, tags: new Set(refs.tags.map(({ name }) => name)) };
        } catch (error) {
          if (error instanceof HubRefusal && error.status === 404) return null;
          throw error;
        }
      },

      async create(options) {
        try {
          await createRepo({ ...at(`creating ${repo}`), visibility: options.private ? 'private' : 'public' });
        } catch (error) {
          if (!(error instanceof HubRefusal && error.status === 409)) throw error;
        }
      },

      // As clients do: what a reference of a tag with a message names is the tag's own object.
      async resolve(revision) {
        const url = `${api}/revision/${encodeURIComponent(revision)}`;
        return (await read(ask(`reading ${revision} of ${repo}`), url, Revision)).sha;
      },

      async files(commit) {
        const found = [];
        for await (const entry of listFiles({ ...at(`listing ${repo}`), revision: commit, recursive: true }))
          if (entry.type === 'file')
            found.push({
              path: entry.path,
              bytes: entry.size,
              oid: entry.oid ?? '',
              sha256: entry.lfs?.oid.replace(/^sha256:/, '') ?? null,
            });
        return found;
      },

      async *commits(revision) {
        const listed = listCommits({ ...at(`listing commits of ${repo}`), revision: encodeURIComponent(revision) });
        for await (const { oid, title, message } of listed) yield { id: oid, title, message };
      },

      async text(commit, path) {
        try {
          const answer = await ask(`reading ${path} of ${repo}`)(`${endpoint}/${repo}/resolve/${commit}/${path}`);
          const text = await answer.text();
          if (text.length > LARGEST_TEXT)
            throw new UserError(
              'OutsideRefused',
              `${path} of ${repo} is larger than ${LARGEST_TEXT} bytes: shorten it`,
            );
          return text;
        } catch (error) {
          if (error instanceof HubRefusal && error.status === 404) return null;
          throw error;
        }
      },

      async commit(request, progress) {
        const { title, description, branch, parent } = request;
        const steps = commitIter({
          ...at(`uploading to ${repo}`),
          ...{ title, description, branch, parentCommit: parent, abortSignal: signal, operations: operations(request) },
          // Its chunks are hashed in this process, which has every heartbeat of the worker to send.
          useXet: false,
        });
        for (let step = await steps.next(); ; step = await steps.next()) {
          if (!step.done) progress(inWords(step.value, request));
          else if (SHA.test(step.value?.commit.oid ?? '')) return step.value?.commit.oid ?? '';
          else
            throw new UserError(
              'OutsideRefused',
              `${endpoint} does not answer as a Hub does (a commit without its SHA): set HF_ENDPOINT to one that does`,
            );
        }
      },

      async tag(name, commit, message) {
        try {
          await ask(`tagging ${repo} as ${name}`)(`${api}/tag/${commit}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ tag: name, message }),
          });
        } catch (error) {
          if (error instanceof HubRefusal && error.status === 409)
            throw new HubMoved(`somebody else made the tag ${name} of ${repo} just now`);
          throw error;
        }
      },

      url: (revision) => `${endpoint}/${repo}/tree/${encodeURIComponent(revision)}`,
    };
  },
};

async function read<T>(ask: typeof fetch, url: string, schema: z.ZodType<T>): Promise<T> {
  const text = await (await ask(url)).text();
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new UserError(
      'OutsideRefused',
      `${new URL(url).origin} does not answer as a Hub does (${url}): set HF_ENDPOINT to a Hugging Face Hub`,
    );
  }
}

const operations = ({ files, removed }: CommitRequest) => [
  ...removed.map((path) => ({ operation: 'delete' as const, path })),
  ...files.map(({ path, content }) => ({
    operation: 'addOrUpdate' as const,
    path,
    content: 'file' in content ? pathToFileURL(content.file) : new Blob([new Uint8Array(content.bytes)]),
  })),
];

function inWords(event: CommitProgressEvent, { files }: CommitRequest): string {
  if (event.event === 'fileProgress') return `${event.state} ${event.path}: ${Math.round(event.progress * 100)} %`;
  if (event.phase === 'committing') return `committing ${files.length} files`;
  return event.phase === 'preuploading' ? 'asking what the Hub has already' : 'uploading large files';
}
