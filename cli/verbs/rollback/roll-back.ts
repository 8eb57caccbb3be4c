/** `ratchet rollback`. */
import { randomUUID } from 'node:crypto';
import { rollback } from '#adapters/temporal/models.ts';
import { UserError } from '#contracts/failures.ts';
import { environmentPrefix } from '#contracts/names.ts';
import { createOutput } from '../../kit/output.ts';
import { withSession } from '../../kit/session.ts';

export interface RollbackOptions {
  to?: string;
  reason: string;
  as: string;
  json?: boolean;
}

export async function rollBack(model: string, options: RollbackOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async ({ environment, tracking, temporal }) => {
    // Asked first: the request would start the workflow of a model that nobody has.
    const newest = await tracking.newestVersions(model, 20);
    const asked = options.to === undefined ? null : await tracking.version(model, options.to);
    const versions = [...newest, ...(asked ? [asked] : [])].map(({ version }) => version);
    const problem = rollbackProblem({ model, to: options.to, environment, versions });
    if (problem) throw new UserError('InvalidInput', problem);
    const { client } = await temporal();
    const request = { by: options.as, reason: options.reason, ...(options.to ? { to: options.to } : {}) };
    const answer = await rollback(client, { model, environment, asker: randomUUID() }, request);
    out.object(answer);
    const page = tracking.page({ model, version: answer.champion });
    const before = answer.previous ? `, before it was v${answer.previous}` : '';
    out.print(
      answer.outcome === 'already-champion'
        ? `v${answer.champion} is the champion of ${model} already: nothing was moved.\n  ${page}`
        : `Champion of ${model} is v${answer.champion} again${before}.\n  ${page}`,
    );
  });
}

/**
 * Why this rollback cannot be; null when it can be asked for. `versions`: the newest that the registry has, and the one that is asked for.
 * @internal
 */
export function rollbackProblem(asked: {
  model: string;
  to: string | undefined;
  environment: string;
  versions: readonly string[];
}): string | null {
  const { model, to, environment, versions } = asked;
  const prefix = environmentPrefix(environment);
  if (!model.startsWith(prefix))
    return `"${model}" is no model of the environment "${environment}", whose models are called ${prefix}…: ratchet rollback ${prefix}${model}`;
  if (versions.length === 0)
    return `MLflow has no version of a registered model "${model}": look for its name in MLflow's page "Models".`;
  if (to !== undefined && !versions.includes(to))
    return `${model} has no version ${to}: it has ${versions.length < 20 ? '' : '… '}${versions.join(', ')}.`;
  return null;
}
