/**
 * A double of Hugging Face's Hub, which cannot run here: its HTTP API as far as publishing and downloading a model go, in
 * memory and without xet. `test/conformance/hub/` says what it shares with the real one.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parse } from 'yaml';
import { type Entry, POINTER, REGULAR_LIMIT, Repo, sha256 } from './repo.ts';

export interface HubDouble {
  readonly url: string;
  readonly repos: Map<string, Repo>;
  /** `POST /api/…` of each request, in their order. */
  readonly asked: string[];
  /** By token: who has it, what it may do. */
  readonly tokens: Map<string, { user: string; name: string; role: 'read' | 'write' }>;
  /** Where clients are told to upload to; default `url`. */
  origin: string;
  /** Of those that brought a token, where it should not be. */
  readonly leaked: string[];
  /**
   * Asked at each request: an answer in place of the Hub's own, or how the connection is lost: in the middle of the body,
   * before the request is done, or when it is done and before the answer. `'held'`: nothing ever comes.
   */
  instead: ((request: string) => Answer | 'halfway' | 'cut' | 'lost' | 'held' | undefined) | undefined;
  close(): Promise<void>;
}
interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}
interface Asked {
  method: string;
  url: URL;
  body: Buffer;
  role: 'read' | 'write' | null;
}

const refused = (status: number, error: string, code = ''): Answer => ({
  status,
  headers: { 'x-error-message': error, ...(code ? { 'x-error-code': code } : {}) },
  body: { error },
});
const noRepo = () => refused(404, 'Repository not found', 'RepoNotFound');
const noRevision = (name: string) => refused(404, `Invalid rev id: ${name}`, 'RevisionNotFound');

export async function startHubDouble(): Promise<HubDouble> {
  const repos: HubDouble['repos'] = new Map();
  const tokens: HubDouble['tokens'] = new Map();
  const asked: string[] = [];
  const leaked: string[] = [];

  const server = createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', hub.origin);
    const line = `${incoming.method} ${decodeURIComponent(url.pathname)}`;
    asked.push(line);
    const instead = hub.instead?.(line);
    if (instead === 'halfway') return void incoming.once('data', () => incoming.destroy());
    const body = await bodyOf(incoming).catch(() => null);
    if (body === null) return;
    if (instead === 'held') return;
    if (instead === 'cut') return void outgoing.destroy();
    if (url.pathname.startsWith('/lfs/') && incoming.headers.authorization) leaked.push(line);
    const token = /^Bearer (.+)$/.exec(incoming.headers.authorization ?? '')?.[1];
    const holder = token === undefined ? undefined : tokens.get(token);
    const role = holder?.role ?? null;
    const wrong = token !== undefined && !holder && !url.pathname.startsWith('/lfs/');
    const answer =
      (instead === 'lost' ? undefined : instead) ??
      (wrong
        ? refused(401, 'Invalid credentials in Authorization header')
        : url.pathname === '/api/whoami-v2'
          ? { status: 200, body: whoami(holder) }
          : respond({ method: incoming.method ?? 'GET', url, body, role }));
    if (instead === 'lost') return void outgoing.destroy();
    send(outgoing, answer, incoming.method === 'HEAD');
  });

  function respond(request: Asked): Answer {
    const { method, url, body, role } = request;
    const [, first = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
    if (first === 'lfs') return upload(rest, body);
    const path = url.pathname;
    if (path === '/api/validate-yaml') return frontMatter(JSON.parse(`${body}`).content);
    const writes = method === 'POST' && !/\/preupload\//.test(path);
    if (writes && role !== 'write')
      return role === null
        ? refused(401, 'Invalid username or password.')
        : refused(403, 'Forbidden: you must use a write token to upload to a repository');
    if (path === '/api/repos/create') return create(JSON.parse(`${body}`));
    const [, batch] = /^\/([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/batch$/.exec(path) ?? [];
    if (batch) return batchOf(batch, JSON.parse(`${body}`));
    const [, resolved, revision, file] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (resolved) return fileOf(resolved, decodeURIComponent(revision ?? ''), decodeURIComponent(file ?? ''), role);
    const [, id, verb = '', name = ''] = /^\/api\/models\/([^/]+\/[^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/.exec(path) ?? [];
    const repo = id ? repos.get(id) : undefined;
    if (!repo || (repo.isPrivate && role === null)) return noRepo();
    return ofRepo(repo, verb, decodeURIComponent(name), request);
  }

  function create(given: { name: string; organization?: string; visibility?: string; private?: boolean }): Answer {
    const id = `${given.organization ?? 'user'}/${given.name}`;
    const url = `${hub.origin}/${id}`;
    if (repos.has(id)) return { status: 409, body: { error: 'You already created this model repo', url, id } };
    if (given.organization === 'not-ours')
      return refused(403, `You don't have the rights to create a model under the namespace "not-ours"`);
    repos.set(id, new Repo(id, given.private ?? given.visibility === 'private'));
    return { status: 200, body: { url, name: id, id } };
  }

  function ofRepo(repo: Repo, verb: string, name: string, { method, url, body }: Asked): Answer {
    if (verb === 'refs')
      return { status: 200, body: { branches: refs(repo, 'heads'), tags: refs(repo, 'tags'), converts: [] } };
    if (verb === 'tag' && method === 'POST') return tag(repo, name, JSON.parse(`${body}`).tag);
    if (verb === 'commit' && method === 'POST') return commit(repo, name, `${body}`);
    if (verb === 'preupload') {
      const { files } = JSON.parse(`${body}`) as { files: { path: string; size: number; sample: string }[] };
      const modes = files.map(({ path, size, sample }) => {
        const before = repo.resolve(name)?.tree.get(path);
        const large = repo.goesToLfs(path, size, Buffer.from(sample, 'base64'));
        const oid = before ? (before.sha256 ?? before.oid) : null;
        return { path, uploadMode: large ? 'lfs' : 'regular', shouldIgnore: false, oid };
      });
      return repo.branches.has(name) ? { status: 200, body: { files: modes } } : noRevision(name);
    }
    const found = repo.resolve(verb === '' ? 'main' : name);
    if (!found) return noRevision(name);
    if (verb === 'tree') {
      const all = [...found.tree].map(([path, entry]) => described(path, entry));
      const cursor = Number(url.searchParams.get('cursor') ?? 0);
      const next = new URL(url);
      next.searchParams.set('cursor', String(cursor + PAGE));
      const headers: Record<string, string> = cursor + PAGE < all.length ? { link: `<${next.href}>; rel="next"` } : {};
      return { status: 200, headers, body: all.slice(cursor, cursor + PAGE) };
    }
    if (verb === 'commits') {
      const listed = repo
        .history(found.id)
        .map(({ id, title, message, date }) => ({ id, title, message, date, authors: [] }));
      return { status: 200, body: listed };
    }
    const siblings = [...found.tree.keys()].map((rfilename) => ({ rfilename }));
    return { status: 200, body: { _id: repo.id, id: repo.id, sha: found.id, private: repo.isPrivate, siblings } };
  }

  function tag(repo: Repo, revision: string, name: string): Answer {
    const found = repo.resolve(revision);
    if (!found) return noRevision(revision);
    if (repo.tags.has(name)) return refused(409, 'Tag reference exists already.');
    repo.tags.set(name, found.id);
    return { status: 200, body: {} };
  }

  function commit(repo: Repo, branch: string, text: string): Answer {
    const head = repo.branches.get(branch);
    if (!head) return noRevision(branch);
    const lines = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const { summary, description = '', parentCommit } = lines[0].value;
    if (parentCommit && parentCommit !== head)
      return refused(412, 'A commit has happened since. Please refresh and try again.');
    const tree = new Map(repo.resolve(head)?.tree);
    for (const { key, value } of lines.slice(1)) {
      if (key === 'file') {
        const bytes = Buffer.from(value.content, value.encoding ?? 'utf-8');
        if (bytes.length > REGULAR_LIMIT) return refused(400, `${value.path} is too large for a regular file`);
        if (value.path === 'README.md' && frontMatter(`${bytes}`).status !== 200) return frontMatter(`${bytes}`);
        tree.set(value.path, repo.regular(bytes));
      } else if (key === 'lfsFile') {
        const entry = repo.inLfs(value.oid);
        if (!entry) return refused(400, `LFS object ${value.oid} was not uploaded`);
        tree.set(value.path, entry);
      } else if (!tree.delete(value.path)) return refused(404, `A file with this name doesn't exist`, 'EntryNotFound');
    }
    const made = repo.commit(branch, summary, description, tree);
    const commitUrl = `${hub.origin}/${repo.id}/commit/${made.id}`;
    return { status: 200, body: { success: true, commitOid: made.id, commitUrl, hookOutput: '' } };
  }

  function batchOf(id: string, { objects }: { objects: { oid: string; size: number }[] }): Answer {
    const repo = repos.get(id);
    if (!repo) return noRepo();
    const href = (oid: string) => `${hub.origin}/lfs/${id}/${oid}`;
    const answered = objects.map(({ oid, size }) =>
      repo.large.has(oid) ? { oid, size } : { oid, size, actions: { upload: { href: href(oid) } } },
    );
    return { status: 200, body: { transfer: 'basic', objects: answered } };
  }

  /** Signed by its address on the real one: asked without a token. */
  function upload([owner, name, oid]: string[], body: Buffer): Answer {
    const repo = repos.get(`${owner}/${name}`);
    if (!repo || !oid) return { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
    if (sha256(body) !== oid) return { status: 400, body: '<Error><Code>BadDigest</Code></Error>' };
    repo.large.set(oid, body);
    return { status: 200 };
  }

  function fileOf(id: string, revision: string, path: string, role: Asked['role']): Answer {
    const repo = repos.get(id);
    if (!repo || (repo.isPrivate && role === null)) return noRepo();
    const found = repo.resolve(revision);
    const entry = found?.tree.get(path);
    if (!found) return noRevision(revision);
    const headers = { 'x-repo-commit': found.id };
    if (!entry)
      return {
        ...refused(404, 'Entry not found', 'EntryNotFound'),
        headers: { ...headers, 'x-error-code': 'EntryNotFound' },
      };
    const etag = `"${entry.sha256 ?? entry.oid}"`;
    const linked: Record<string, string> = entry.sha256
      ? { 'x-linked-etag': etag, 'x-linked-size': String(entry.bytes.length) }
      : {};
    return { status: 200, headers: { ...headers, etag, ...linked }, body: entry.bytes };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`;
  const hub: HubDouble = {
    ...{ url, repos, asked, leaked, tokens, origin: url, instead: undefined },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return hub;
}

/** Small, so that a client has to turn pages. */
const PAGE = 5;

const whoami = (holder: { user: string; name: string; role: string } | undefined) => ({
  type: 'user',
  name: holder?.user,
  orgs: [],
  auth: { type: 'access_token', accessToken: { displayName: holder?.name, role: holder?.role } },
});
const refs = (repo: Repo, kind: 'heads' | 'tags') =>
  [...(kind === 'heads' ? repo.branches : repo.tags)].map(([name, targetCommit]) => ({
    name,
    ref: `refs/${kind}/${name}`,
    targetCommit,
  }));
const described = (path: string, { oid, bytes, sha256: large }: Entry) => ({
  ...{ type: 'file', path, oid, size: bytes.length },
  ...(large ? { lfs: { oid: large, size: bytes.length, pointerSize: POINTER } } : {}),
});

/** What the Hub says of a card's metadata. */
function frontMatter(card: string): Answer {
  const text = /^---\n([\s\S]*?)\n---/.exec(card)?.[1];
  if (text === undefined)
    return {
      status: 200,
      body: { errors: [], warnings: [{ message: 'empty or missing yaml metadata in repo card' }] },
    };
  try {
    const entries = parse(text)?.['model-index'] ?? [];
    const fits =
      Array.isArray(entries) &&
      entries.every(({ name, results }) => typeof name === 'string' && Array.isArray(results));
    if (fits) return { status: 200, body: { errors: [], warnings: [] } };
    return {
      status: 400,
      body: { error: 'Invalid metadata in README.md', errors: [{ message: '"model-index" must be an array' }] },
    };
  } catch (error) {
    return { status: 400, body: { error: 'Invalid metadata in README.md', errors: [{ message: String(error) }] } };
  }
}

function send(outgoing: ServerResponse, { status, headers = {}, body }: Answer, head: boolean): void {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? ''));
  const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json';
  outgoing.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers });
  outgoing.end(head ? undefined : bytes);
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
