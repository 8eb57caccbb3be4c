/** A gateway before real loops on a real Temporal, whose runs are one step long: for tests of the ways in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { approveRun, listRuns, runProgress } from '#adapters/temporal/runs.ts';
import type { Decision } from '#contracts/decision.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { createLoops } from '#gateway/temporal-loops.ts';
import { createFolderStore } from '../conformance/folder-store.ts';
import { startDevServer } from '../workflows/harness.ts';
import { type LoopWorld, pipelineThat, startLoopWorld } from '../workflows/loop-world.ts';
import { startTestGateway, type TestGateway } from './gateway.ts';

export interface GatewayWorld {
  /** `host:port` of Temporal. */
  readonly address: string;
  readonly loops: LoopWorld;
  readonly gateway: TestGateway;
  /** A pipeline of one step, with its loop. */
  deploy(pipeline: string, policy: Partial<Parameters<typeof LoopPolicy.parse>[0] & object>): Promise<void>;
  /** The decisions so far, once a run of the pipeline has ended. */
  afterRun(pipeline: string): Promise<Decision[]>;
  close(): Promise<void>;
}

/** @param env secrets of the gateway's webhooks. */
export async function startGatewayWorld(env: NodeJS.ProcessEnv): Promise<GatewayWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-loops-'));
  const environment = await startDevServer();
  const { client, address } = environment;
  const loops = await startLoopWorld({ environment });
  const gateway = await startTestGateway({
    env,
    loops: createLoops({ client, store: createFolderStore(folder), environment: 'dev' }),
    // Records are in the harness.
    runs: {
      find: async (runId) => {
        const record = loops.harness.records.get(runId);
        if (record) return { kind: 'ended', record };
        const live = await runProgress(client, runId).catch(() => null);
        return live && { kind: 'live', progress: live };
      },
      list: async (pipeline, limit) =>
        (await listRuns(client, { pipeline, limit })).map((run) => ({ ...run, status: 'running', why: '' })),
      approve: (runId, request) => approveRun(client, runId, request),
    },
  });
  return {
    ...{ address, loops, gateway },
    deploy: async (pipeline, policy) => {
      loops.harness.pipeline(
        pipelineThat(() => null),
        pipeline,
      );
      await loops.deploy({ pipeline, ...policy });
    },
    afterRun: async (pipeline) => {
      const { decisions } = await loops.until(pipeline, (status) =>
        status.decisions.some(({ outcome }) => outcome === 'ended'),
      );
      return decisions;
    },
    close: async () => {
      await gateway.close();
      await loops.harness.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
