/** `ratchet model copy`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyVersion } from '#activities/release/copy-version.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import { UserError } from '#contracts/failures.ts';
import { createOutput } from '../../kit/output.ts';
import { withSession } from '../../kit/session.ts';
import { namedVersion } from './named-version.ts';

export interface CopyOptions {
  to?: string;
  as?: string;
  by: string;
  json?: boolean;
}

export async function copyTo(text: string, { to, as, by, json = false }: CopyOptions): Promise<void> {
  const out = createOutput(json);
  const { model, version } = namedVersion(text);
  const stop = new AbortController();
  const interrupted = () => stop.abort(new UserError('InvalidInput', 'stopped: run it again to go on'));
  process.once('SIGINT', interrupted);
  const scratch = await mkdtemp(join(tmpdir(), 'ratchet-copy-'));
  try {
    await withSession(async ({ tracking }) => {
      const target = to === undefined ? tracking : createTracking({ url: to, ...loginThere(process.env) });
      const found = await tracking.version(model, version);
      if (!found)
        throw new UserError(
          'InvalidInput',
          `MLflow has no version ${version} of ${model}: \`ratchet model list ${model}\` names those that it has.`,
        );
      const name = as ?? model;
      const request = { version: found, as: name, folder: join(scratch, 'model'), by };
      const copied = await copyVersion(tracking, target, request, (line) => out.note(line), stop.signal);
      out.object({ model: name, ...copied, url: target.url });
      const page = target.page({ model: name, version: copied.version });
      out.print(
        copied.already
          ? `${text} is there already, as version ${copied.version} of ${name}.\n  ${page}`
          : `${text} is version ${copied.version} of ${name} there now, byte for byte.\n  ${page}`,
      );
    });
  } finally {
    process.off('SIGINT', interrupted);
    await rm(scratch, { recursive: true, force: true });
  }
}

function loginThere({ RATCHET_COPY_USERNAME, RATCHET_COPY_PASSWORD, RATCHET_COPY_TOKEN }: NodeJS.ProcessEnv) {
  return {
    ...(RATCHET_COPY_USERNAME ? { username: RATCHET_COPY_USERNAME } : {}),
    ...(RATCHET_COPY_PASSWORD ? { password: RATCHET_COPY_PASSWORD } : {}),
    ...(RATCHET_COPY_TOKEN ? { token: RATCHET_COPY_TOKEN } : {}),
  };
}
