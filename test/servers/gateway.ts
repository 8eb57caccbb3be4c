/** A gateway on a free port, in a project of its own, whose loops write down what they are told. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { keysOf } from '#adapters/s3/keys.ts';
import type { LoopStatus, RetrainRequest } from '#contracts/loop/answers.ts';
import type { Evidence } from '#contracts/loop/evidence.ts';
import { storeKey } from '#contracts/names.ts';
import { parseScope } from '#gateway/access/scope.ts';
import { TokenStore } from '#gateway/access/token-store.ts';
import { type GatewaySettings, type RunningGateway, startGateway } from '#gateway/gateway.ts';
import { listenAddress } from '#gateway/listen-address.ts';
import { type Loops, UnknownPipeline } from '#gateway/loops.ts';
import type { Runs } from '#gateway/runs.ts';

/** A double of the loops: knows one pipeline, `churn`, unless told otherwise, and keeps what it is told. */
class RecordingLoops implements Loops {
  readonly told: Evidence[] = [];
  readonly asked: RetrainRequest[] = [];
  /** Thrown instead of an acknowledgement. */
  failure: Error | null = null;
  readonly #knows: (pipeline: string) => boolean;
  constructor(knows: (pipeline: string) => boolean) {
    this.#knows = knows;
  }
  async mustKnow(pipeline: string): Promise<void> {
    if (!this.#knows(pipeline)) throw new UnknownPipeline(pipeline);
  }
  async deliver(pipeline: string, evidence: Evidence): Promise<void> {
    await this.mustKnow(pipeline);
    if (this.failure) throw this.failure;
    this.told.push(evidence);
  }
  async retrain(pipeline: string, request: RetrainRequest) {
    await this.mustKnow(pipeline);
    this.asked.push(request);
    return { outcome: 'started', runId: `run/${pipeline}/${request.id}` } as const;
  }
  async status(pipeline: string) {
    await this.mustKnow(pipeline);
    const shown = { pipeline, state: 'idle', note: '', run: null, next: null, lacking: [], decisions: [], decided: 0 };
    return shown as unknown as LoopStatus; // All of it that is looked at.
  }
  async decisions(pipeline: string) {
    await this.mustKnow(pipeline);
    return [];
  }
  async reachable(): Promise<boolean> {
    return true;
  }
}

/** No runs; asked for one, it minds its keys as the store does. */
const keys = keysOf('bucket', '');
const noRuns: Runs = {
  find: async (runId) => {
    keys.full(storeKey.record(runId));
    return null;
  },
  list: async () => [],
  approve: async () => {
    throw new Error('there is no run');
  },
};

export interface TestGateway extends RunningGateway {
  root: string;
  loops: RecordingLoops;
  tokens: TokenStore;
  /** Text of a new token. */
  token(...scopes: string[]): string;
  /** Lines of a file of the audit log. */
  log(file: 'audit' | 'refused'): Record<string, unknown>[];
  /** All that it wrote, as text: where no secret may be. */
  written(): string;
  post(path: string, body: string | Uint8Array, headers?: Record<string, string>): Promise<Response>;
}

export async function startTestGateway(
  settings: Partial<GatewaySettings> & { tokens?: string[]; knows?: (pipeline: string) => boolean } = {},
): Promise<TestGateway> {
  const root = settings.root ?? mkdtempSync(join(tmpdir(), 'ratchet-gateway-'));
  const loops = new RecordingLoops(settings.knows ?? ((pipeline) => pipeline === 'churn'));
  const tokens = new TokenStore(root);
  const create = (...scopes: string[]) => tokens.create({ owner: 'somebody', scopes: scopes.map(parseScope) }).text;
  const lines: string[] = [];
  const { tokens: scopes = [], knows: _, ...rest } = settings;
  if (scopes.length > 0) create(...scopes);
  const gateway = await startGateway({
    root,
    listen: listenAddress('0'),
    loops,
    runs: noRuns,
    version: '0.0.0',
    rate: 10_000,
    env: {},
    log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
    ...rest,
  });
  const read = (file: string) => {
    try {
      return readFileSync(join(root, '.ratchet', 'gateway', `${file}.jsonl`), 'utf8');
    } catch {
      return '';
    }
  };
  return {
    ...gateway,
    root,
    loops,
    tokens,
    token: create,
    log: (file) =>
      read(file)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    written: () => `${lines.join('')}${read('audit')}${read('refused')}`,
    post: (path, body, headers = {}) =>
      fetch(`${gateway.url}/v1/pipelines/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      }),
    close: async () => {
      await gateway.close();
      if (!settings.root) rmSync(root, { recursive: true, force: true });
    },
  };
}
