/** Histories of the workflows that go on, read whole and page by page. */
import { type Client, isGrpcServiceError } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { UserError } from '#contracts/failures.ts';
import type { LiveWorkflow, LiveWorkflows } from '#ports/live-workflows.ts';

/** Encodings whose bytes say what they mean as they are. */
const plain = new Set(['json/plain', 'json/protobuf', 'binary/null', 'binary/plain', 'binary/protobuf']);

/** gRPC's numbers: PERMISSION_DENIED, UNIMPLEMENTED. */
const untold: number[] = [7, 12];

export function createLiveWorkflows(client: Client): LiveWorkflows {
  const { namespace } = client.options;
  return {
    identity: async () => {
      const { clusterId } = await client.workflowService.getClusterInfo({}).catch((error: unknown) => {
        // A server that tells nobody is known by its namespace alone, which is then its account's, too.
        if (isGrpcServiceError(error) && untold.includes(error.code)) return { clusterId: '' };
        throw error;
      });
      return { cluster: clusterId || 'unknown', namespace };
    },
    async *all() {
      for await (const { workflowId, runId, type, startTime } of client.workflow.list({
        query: "ExecutionStatus = 'Running'",
      }))
        yield liveWorkflow(client, { workflowId, runId }, type, startTime);
    },
  };
}

function liveWorkflow(
  client: Client,
  execution: { workflowId: string; runId: string },
  type: string,
  startedAt: Date,
): LiveWorkflow {
  return {
    id: execution.workflowId,
    type,
    startedAt,
    async *texts() {
      let nextPageToken: Uint8Array | undefined;
      do {
        const page = await client.workflowService.getWorkflowExecutionHistory({
          namespace: client.options.namespace,
          execution,
          ...(nextPageToken ? { nextPageToken } : {}),
        });
        for (const payload of payloadsIn(page.history?.events ?? [])) yield textOf(payload, execution.workflowId);
        nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
      } while (nextPageToken);
    },
  };
}

/** Wherever they stand in an event. */
function* payloadsIn(part: unknown): Generator<Payload> {
  if (part === null || typeof part !== 'object' || part instanceof Uint8Array) return;
  if ('metadata' in part && 'data' in part && part.data instanceof Uint8Array) yield part as Payload;
  else for (const item of Object.values(part)) yield* payloadsIn(item);
}

function textOf({ metadata, data }: Payload, workflow: string): string {
  const encoding = Buffer.from(metadata?.encoding ?? '').toString('utf8');
  if (plain.has(encoding) || !data?.length) return Buffer.from(data ?? '').toString('utf8');
  throw new UserError(
    'OutsideRefused',
    `The history of ${workflow} holds what cannot be read here (encoded as "${encoding}"), so nobody knows what it refers to: nothing is collected while it goes on. Wait until it has ended, or end it.`,
  );
}
