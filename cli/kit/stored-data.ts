/** `s3://bucket/key` as files here. */
import { join } from 'node:path';
import { globPattern, hasGlob } from '#activities/data/glob.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { UserError } from '#contracts/failures.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { outsideServers, type StoreSettings } from '#stack/outside-servers.ts';
import { projectRoot } from './project.ts';

/**
 * Downloads the objects that a URI or a glob names, four at a time, under their base names.
 * @throws UserError DataInvalid when nothing is there
 */
export async function downloadStored(uri: string, folder: string, signal: AbortSignal) {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/i.exec(uri) ?? [];
  if (key === '') throw new UserError('InvalidInput', `${uri} names no object: write s3://bucket/folder/file.parquet`);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw new UserError(
      'InvalidInput',
      `${uri}: "${bucket}" is no name of a bucket, which is 3 to 63 lower-case letters, digits, dots and hyphens`,
    );
  const store = createObjectStore({ ...storeSettings(), bucket, prefix: '' });
  try {
    const keys: string[] = [];
    if (hasGlob(key)) {
      const pattern = globPattern(key);
      for await (const entry of store.list(key.slice(0, key.search(/[*?]/))))
        if (pattern.test(entry.key)) keys.push(entry.key);
    } else if (await store.head(key)) keys.push(key);
    if (keys.length === 0) throw new UserError('DataInvalid', `no object in the store matches ${uri}`);
    keys.sort();
    const files = keys.map((one, index) => join(folder, `${index}-${one.split('/').at(-1)}`));
    const queue = [...keys.entries()];
    const lane = async () => {
      for (let next = queue.shift(); next; next = queue.shift())
        await store.download(next[1], files[next[0]] as string, signal);
    };
    await Promise.all(Array.from({ length: 4 }, lane));
    return { files, labels: keys.map((one) => `s3://${bucket}/${one}`) };
  } finally {
    await store.close();
  }
}

function storeSettings(): StoreSettings {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, RATCHET_STORE } = process.env;
  // Credentials alone mean Amazon's own.
  const named = RATCHET_STORE || (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY ? 's3://ratchet' : undefined);
  const outside = outsideServers(named ? { ...process.env, RATCHET_STORE: named } : process.env).store;
  if (outside) return outside;
  try {
    return connectionSettings(projectRoot()).store;
  } catch {
    throw new UserError(
      'InvalidInput',
      "no object store is known: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_ENDPOINT_URL_S3 for one other than Amazon's), or work in a project where ratchet dev has run",
    );
  }
}
