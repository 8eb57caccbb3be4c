import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../run-tool.ts';
import { answers, type Command, loopback, type Part, type PartContext, portOf, withoutSettings } from './part.ts';

/** The bucket that is there from the first start. */
export const embeddedBucket = 'ratchet';

const ownVariables = ({ variables }: PartContext) =>
  withoutSettings(variables, /^(MINIO|AWS|JFS|JUICEFS)_|^META_PASSWORD$|^(ACCESS|SECRET)_KEY$/);
const metadata = 'sqlite3://metadata.db';
const blocks = ({ data }: PartContext) => `${join(data, 'blocks')}/`;

/** A real S3 API over local files: JuiceFS's gateway. */
export const objectStore: Part = {
  name: 'object-store',
  version: '1.4.2',
  ports: [
    { name: 's3', setting: 'RATCHET_STORE_PORT', usual: 9000 },
    { name: 'metrics', closedToPages: true },
  ],
  startSeconds: 60,
  prepare: async (context) => {
    await mkdir(join(context.data, 'blocks'), { recursive: true });
    if (await isThere(join(context.data, 'bucket-made'))) return;
    await tool(context, [
      ...['format', '--storage', 'file', '--bucket', blocks(context), '--trash-days', '0'],
      ...[metadata, 'ratchet'],
    ]);
    await makeBucket(context);
    await mkdir(join(context.data, 'bucket-made'));
  },
  command: (context) => gateway(context),
  isHealthy: (context, signal) => answers(`http://${loopback}:${portOf(context, 's3')}/minio/health/live`, signal),
  settle: async () => {},
  addresses: ({ ports }) => ({ s3Endpoint: `http://${loopback}:${ports.s3}` }),
};

function gateway(context: PartContext): Command {
  const { accessKeyId, secretAccessKey } = context.credentials;
  return {
    file: join(context.bin, 'juicefs'),
    cwd: context.data,
    env: {
      ...ownVariables(context),
      MINIO_BROWSER: 'off',
      MINIO_ROOT_USER: accessKeyId,
      MINIO_ROOT_PASSWORD: secretAccessKey,
    },
    args: [
      ...['--no-agent', 'gateway', '--multi-buckets', '--keep-etag', '--object-meta', '--hide-dir-object'],
      // Named again at each start, because the volume remembers an absolute path and a project folder may move.
      ...['--bucket', blocks(context)],
      ...['--no-usage-report', '--no-banner', '--backup-meta', '0'],
      ...['--metrics', `${loopback}:${portOf(context, 'metrics')}`],
      // The blocks are local files already: a second copy of each in a cache would only double the disk.
      ...['--cache-size', '0', '--cache-dir', join(context.data, 'cache')],
      ...[metadata, `${loopback}:${portOf(context, 's3')}`],
    ],
  };
}

/** A bucket is a folder at the top of the volume: copying an empty folder in makes it without an S3 client. */
async function makeBucket(context: PartContext): Promise<void> {
  const seed = join(context.data, 'seed');
  await mkdir(join(seed, embeddedBucket), { recursive: true });
  const env = { ...ownVariables(context), volume: metadata };
  await tool(context, ['--no-agent', 'sync', '--dirs', '--metrics', `${loopback}:0`, `${seed}/`, 'jfs://volume/'], env);
}

async function tool(context: PartContext, args: string[], env = ownVariables(context)): Promise<void> {
  const { code, output } = await runTool(join(context.bin, 'juicefs'), args, { env, cwd: context.data });
  if (code !== 0) throw new Error(`juicefs ${args.find((word) => !word.startsWith('-'))} failed: ${output.trim()}`);
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
