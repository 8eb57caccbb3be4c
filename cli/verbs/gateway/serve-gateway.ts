/** `ratchet gateway`: the gateway in the foreground, until it is told to stop. */
import { once } from 'node:events';
import { TokenStore } from '#gateway/access/token-store.ts';
import { type RunningGateway, startGateway } from '#gateway/gateway.ts';
import { listenAddress, mayListen } from '#gateway/listen-address.ts';
import { createRuns } from '#gateway/recorded-runs.ts';
import { createLoops } from '#gateway/temporal-loops.ts';
import { packageVersion } from '#workers/code/package-root.ts';
import { workerLog } from '#workers/log.ts';
import { createOutput, type Output } from '../../kit/output.ts';
import { projectRoot } from '../../kit/project.ts';
import { withSession } from '../../kit/session.ts';

export async function serveGateway(options: { listen: string; rate: number; json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  const listen = listenAddress(options.listen);
  // Said before anything is connected: this is what a newcomer meets first.
  mayListen(listen, new TokenStore(projectRoot()).live().length);
  await withSession(async ({ root, environment, store, temporal }) => {
    const { client } = await temporal();
    const gateway = await startGateway({
      root,
      listen,
      rate: options.rate,
      loops: createLoops({ client, store, environment }),
      runs: createRuns({ client, store }),
      log: workerLog(),
      version: packageVersion,
    });
    const open = !new TokenStore(root).required;
    out.object({ url: gateway.url, openapi: `${gateway.url}/v1/openapi.json`, pid: process.pid, tokens: !open });
    announce(out, gateway, open);
    // To whoever started this process, if it listens.
    process.send?.('ready');
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    out.note('Stopping: requests that are being answered still are.');
    await gateway.close();
  });
}

function announce(out: Output, { url }: RunningGateway, open: boolean): void {
  out.print(
    [
      `Listening on ${url}`,
      `  events    POST ${url}/v1/pipelines/NAME/triggers, …/labels`,
      `  runs      POST ${url}/v1/pipelines/NAME/runs`,
      `  webhooks  ${url}/v1/pipelines/NAME/webhooks/{github,alertmanager,s3,cloudevents}`,
      `  document  ${url}/v1/openapi.json`,
      open
        ? 'Nobody but this machine reaches it, and nobody is asked who he is. `ratchet tokens create` changes that.'
        : 'Requests need a token: `ratchet tokens list` shows which there are.',
    ].join('\n'),
  );
}
