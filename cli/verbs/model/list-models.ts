/** `ratchet model list`: what MLflow has, and what of it is not as the ledger says. */
import { readLedger } from '#adapters/temporal/models.ts';
import type { LedgerNow } from '#contracts/messages.ts';
import { environmentPrefix, versionTag } from '#contracts/names.ts';
import type { DescribedVersion, ModelStage } from '#ports/tracking.ts';
import { createOutput, fittedTable } from '../../kit/output.ts';
import { type Session, withSession } from '../../kit/session.ts';
import { checkEnvironment, ledgerVersions, wrong } from './find-version.ts';

export interface ListOptions {
  stage?: string;
  limit: number;
  json?: boolean;
}

const stages: readonly ModelStage[] = ['None', 'Staging', 'Production', 'Archived'];
/** Newest versions among which those of a stage are looked for. */
const LOOKED_AT = 1_000;

export async function listModels(model: string | undefined, options: ListOptions): Promise<void> {
  const stage = options.stage === undefined ? undefined : readStage(options.stage);
  if (model === undefined && stage !== undefined)
    throw wrong(`--stage goes with a model: ratchet model list MODEL --stage ${stage}.`);
  await withSession((session) =>
    model === undefined ? allModels(session, options) : versionsOf(session, model, stage, options),
  );
}

/** As MLflow reads it: in whatever case. @throws UserError InvalidInput for a stage of nobody's */
function readStage(text: string): ModelStage {
  const found = stages.find((stage) => stage.toLowerCase() === text.toLowerCase());
  if (!found) throw wrong(`"${text}" is no stage of MLflow's: write ${stages.slice(1).join(', ')} or None.`);
  return found;
}

async function allModels({ tracking, environment }: Session, options: ListOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  const prefix = environmentPrefix(environment);
  const models = (await tracking.registeredModels()).filter(({ name }) => name.startsWith(prefix));
  out.object({ models: models.map((each) => ({ ...each, updated: new Date(each.updated).toISOString() })) });
  if (models.length === 0)
    out.print(
      `MLflow has no registered model${prefix ? ` called ${prefix}…` : ''}: one that passes its gate is registered by a run.`,
    );
  else
    out.print(
      fittedTable(
        ['MODEL', 'CHAMPION', 'WAITS', 'UPDATED', 'DESCRIPTION'],
        models.map(({ name, aliases, updated, description }) => [
          ...[name, aliases.champion ?? '', aliases.candidate ?? '', minute(updated)],
          description.split('\n')[0] ?? '',
        ]),
        [1, 2],
      ),
    );
}

async function versionsOf(
  session: Session,
  model: string,
  stage: ModelStage | undefined,
  { limit, json = false }: ListOptions,
): Promise<void> {
  const out = createOutput(json);
  const { tracking, environment } = session;
  checkEnvironment(model, environment);
  const [registered] = await tracking.registeredModels(model);
  if (!registered)
    throw wrong(`MLflow has no registered model "${model}": \`ratchet model list\` lists those that it has.`);
  const newest = (await tracking.newestVersions(model, stage ? LOOKED_AT : limit)).reverse();
  const found = newest.filter((each) => stage === undefined || each.stage === stage).slice(0, limit);
  const ledger = await ledgerOf(session, model).catch(() => null);
  const versions = found.map((version) => ({
    ...{ version: version.version, stage: version.stage, aliases: aliasesOf(registered.aliases, version.version) },
    ...{ verdict: verdictOf(version), created: new Date(version.created).toISOString() },
    digest: version.tags[versionTag.digest] ?? null,
  }));
  const missing = ledger ? await missingOf(session, model, ledger, newest) : [];
  out.object({ model, versions, missing, ledger });
  if (versions.length === 0) out.print(`${model} has no version${stage ? ` in the stage ${stage}` : ''}.`);
  else
    out.print(
      fittedTable(
        ['VERSION', 'STAGE', 'ALIASES', 'CREATED', 'DIGEST', 'VERDICT'],
        versions.map(({ version, stage, aliases, verdict, created, digest }) => [
          ...[version, stage, aliases.join(', '), minute(Date.parse(created))],
          ...[digest?.replace('sha256:', '').slice(0, 12) ?? '', verdict ?? 'none: not registered by Ratchet'],
        ]),
        [0],
      ),
    );
  for (const version of missing)
    out.note(`version ${version} is in the ledger and not in MLflow: somebody deleted it there.`);
  if (!ledger) return;
  if (ledger.byHand?.open)
    for (const words of ledger.byHand.found)
      out.note(`${words}. \`ratchet model promote ${model}@${ledger.champion ?? 'VERSION'}\` puts it back.`);
  if (ledger.note) out.note(ledger.note);
  if (ledger.busy)
    out.note('a request is being carried out, or waits for MLflow: `ratchet model list` again shows it done.');
}

async function ledgerOf(session: Session, model: string): Promise<LedgerNow | null> {
  return readLedger((await session.temporal()).client, { model });
}

async function missingOf(
  { tracking }: Session,
  model: string,
  ledger: LedgerNow,
  newest: readonly DescribedVersion[],
): Promise<string[]> {
  const there = new Set(newest.map(({ version }) => version));
  const asked = ledgerVersions(ledger).filter((version) => !there.has(version));
  const found = await Promise.all(asked.map((version) => tracking.version(model, version)));
  return asked.filter((_, index) => found[index] === null);
}

const aliasesOf = (aliases: Record<string, string>, version: string): string[] =>
  Object.keys(aliases)
    .filter((alias) => aliases[alias] === version)
    .sort();

/** Null: nobody judged it. */
function verdictOf({ tags }: DescribedVersion): string | null {
  if (!tags[versionTag.key]) return null;
  const approved = tags['ratchet.approved.by'];
  const against = tags['ratchet.verdict.against'];
  return `${tags['ratchet.verdict'] ?? ''}${approved ? ` by ${approved}` : ''}${against ? ` against ${against}` : ''}`;
}

const minute = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
