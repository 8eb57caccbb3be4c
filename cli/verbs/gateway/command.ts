import { InvalidArgumentError } from 'commander';
import type { Verb } from '../../kit/verb.ts';

export const gateway: Verb = (program) => {
  program
    .command('gateway')
    .summary('take triggers, webhooks and questions over HTTP')
    .description(
      'Serves the HTTP API and the webhooks in the foreground; SIGTERM ends it in order. Loopback only, unless there are tokens (`ratchet tokens create`).\n' +
        "RATCHET_GITHUB_SECRET and RATCHET_WEBHOOK_SECRET hold the secrets of signed deliveries, RATCHET_GITHUB_SECRET_FILE and RATCHET_WEBHOOK_SECRET_FILE name files that do, one a line. TLS is a proxy's job.",
    )
    .option('--listen <host:port>', 'where to listen; port 0 takes a free one', '127.0.0.1:8787')
    .option('--rate <count>', 'requests a second that one token may make', readRate, 100)
    .option('--json', 'print one JSON object when it listens')
    .action(async (options: { listen: string; rate: number; json?: boolean }) => {
      const { serveGateway } = await import('./serve-gateway.ts');
      await serveGateway(options);
    });
};

function readRate(text: string): number {
  const rate = Number(text);
  if (Number.isInteger(rate) && rate >= 1 && rate <= 1_000_000) return rate;
  throw new InvalidArgumentError('a whole number from 1 to 1000000 is wanted');
}
