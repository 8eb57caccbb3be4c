/** `ratchet rollback`. */
import { randomUUID } from 'node:crypto';
import { queueRollback, readLedger, rollback } from '#adapters/temporal/models.ts';
import { UserError } from '#contracts/failures.ts';
import type { Ledger } from '#contracts/messages.ts';
import { environmentPrefix } from '#contracts/names.ts';
import { exitCode } from '../../kit/exit-codes.ts';
import { createOutput } from '../../kit/output.ts';
import { type Session, withSession } from '../../kit/session.ts';

export interface RollbackOptions {
  to?: string;
  reason: string;
  as: string;
  json?: boolean;
}

export async function rollBack(model: string, options: RollbackOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    const { environment, tracking, temporal } = session;
    const versions = await versionsOf(session, model, options.to).catch((error: unknown) => {
      if (error instanceof UserError && error.type === 'OutsideUnreachable') return error;
      throw error;
    });
    if (versions instanceof UserError) return queue(session, model, options, versions);
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

/** The newest, and the one that is asked for. Asked first: the request would start the workflow of a model that nobody has. */
async function versionsOf({ tracking }: Session, model: string, to: string | undefined): Promise<string[]> {
  const newest = await tracking.newestVersions(model, 20);
  const asked = to === undefined ? null : await tracking.version(model, to);
  return [...newest, ...(asked ? [asked] : [])].map(({ version }) => version);
}

/** MLflow is away: what the ledger knows is enough to say what is to be done, and it does that when MLflow is back. */
async function queue(
  { environment, temporal }: Session,
  model: string,
  { to: asked, reason, as, json = false }: RollbackOptions,
  away: UserError,
): Promise<void> {
  const out = createOutput(json);
  const { client } = await temporal();
  const ledger = await readLedger(client, { model });
  if (!ledger?.champion) throw away;
  const problem = queueProblem(ledger, asked, environment);
  if (problem) throw new UserError('InvalidInput', `${problem} (${away.message})`);
  const { champion } = ledger;
  const to = asked ?? ledger.previous ?? '';
  if (to === champion) {
    out.object({ outcome: 'already-champion', champion, previous: ledger.previous, epoch: ledger.epoch });
    out.print(`v${champion} is the champion of ${model} already: nothing was moved.`);
    return;
  }
  await queueRollback(client, { model }, { by: as, reason, to, expect: champion }, ledger.epoch);
  out.object({ outcome: 'queued', model, champion, to, because: away.message });
  out.note(away.message);
  out.print(
    `The rollback of ${model} from v${champion} to v${to} is queued: its ledger carries it out when MLflow answers, without this command. \`ratchet model list ${model}\` shows it then.`,
  );
  process.exitCode = exitCode.undecided;
}

/** Why a rollback cannot be queued by what the ledger knows alone; null when it can. */
function queueProblem(ledger: Ledger, to: string | undefined, environment: string): string | null {
  const { model, previous, stages = [], moves } = ledger;
  if (to === undefined && previous === null)
    return `${model} has no previous champion to go back to: name a version, ratchet rollback ${model} --to VERSION.`;
  const known = [...stages.map(({ version }) => version), ...moves.flatMap(({ from, to }) => [from ?? to, to])];
  const versions = [...new Set([...known, ...(previous === null ? [] : [previous])])].filter((each) => each !== 'none');
  return rollbackProblem({ model, to, environment, versions });
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
