import { InvalidArgumentError } from 'commander';
import { readCount } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { ServeOptions } from './serve-features.ts';

const STORE = 'lmdb:FOLDER or redis://HOST:PORT; default RATCHET_ONLINE_STORE, else lmdb:.ratchet/online';

/** What `serve`, `get` and `push` take alike. */
export const featuresServe: Verb = (features) => {
  features
    .command('serve')
    .summary("serve features over HTTP, as Feast's clients read and write them")
    .description(
      'Serves the definitions of features.ts in the foreground; SIGTERM ends it in order. Loopback only, unless there are tokens (`ratchet tokens create --scope "*:features,push"`).\n' +
        'Redis takes its password from RATCHET_REDIS_PASSWORD, or the file that RATCHET_REDIS_PASSWORD_FILE names.\n\n' +
        'Example: ratchet features serve --port 6566 --store redis://127.0.0.1:6379',
    )
    .option('--definitions <file>', 'the module that exports defineFeatures(…)', 'features.ts')
    .option('--store <address>', STORE)
    .option('--listen <host:port>', 'where to listen; port 0 takes a free one', '127.0.0.1:6566')
    .option('--port <port>', 'the same, of 127.0.0.1', readPort)
    .option(
      '--hide-expired',
      'answer null in place of values that are older than the ttl, to clients that ignore the status',
    )
    .option(
      '--samples <folder>',
      "where some of the served vectors are kept for `features skew`; default the project's object store, if it has one; off: nowhere",
    )
    .option('--sample-rate <vectors>', 'most vectors a minute that are kept', readCount, 600)
    .option('--json', 'print one JSON object when it listens')
    .action(async (options: ServeOptions) => {
      const { serveFeatures } = await import('./serve-features.ts');
      await serveFeatures(options);
    });
};

function readPort(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError('a port from 0 to 65535 is wanted');
}
