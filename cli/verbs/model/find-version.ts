/** The version that a person means, in MLflow and in the ledger. */
import { readLedger } from '#adapters/temporal/models.ts';
import { UserError } from '#contracts/failures.ts';
import type { LedgerNow } from '#contracts/messages.ts';
import { environmentPrefix } from '#contracts/names.ts';
import type { DescribedVersion } from '#ports/tracking.ts';
import type { Session } from '../../kit/session.ts';

export interface FoundVersion {
  model: string;
  version: DescribedVersion;
  /** Null: nobody asked anything of the model's ledger yet. */
  ledger: LedgerNow | null;
}

/** @throws UserError InvalidInput that says what there is instead */
export async function findVersion(
  session: Pick<Session, 'tracking' | 'temporal' | 'environment'>,
  text: string,
): Promise<FoundVersion> {
  const [, model = '', wanted = ''] = /^(.+)@([^@]+)$/.exec(text) ?? [];
  if (model === '')
    throw wrong(
      `"${text}" names no version: write MODEL@VERSION, for example flight-delays@7 or flight-delays@candidate.`,
    );
  checkEnvironment(model, session.environment);
  const [registered] = await session.tracking.registeredModels(model);
  if (!registered)
    throw wrong(`MLflow has no registered model "${model}": \`ratchet model list\` lists those that it has.`);
  const { client } = await session.temporal();
  const ledger = await readLedger(client, { model });
  const number = /^\d+$/.test(wanted) ? wanted : registered.aliases[wanted];
  if (number === undefined) throw wrong(noAlias(model, wanted, registered.aliases));
  const version = await session.tracking.version(model, number);
  if (version) return { model, version, ledger };
  if (ledger && knows(ledger, number))
    throw wrong(
      `version ${number} of ${model} is in the ledger and not in MLflow any more: somebody deleted it there. What it was trained on is in the record of its run; \`ratchet run\` trains another.`,
    );
  const newest = (await session.tracking.newestVersions(model, 20)).map((each) => each.version);
  throw wrong(
    `${model} has no version ${number}: it has ${newest.length < 20 ? '' : '… '}${newest.join(', ') || 'none'}.`,
  );
}

export function checkEnvironment(model: string, environment: string): void {
  const prefix = environmentPrefix(environment);
  if (!model.startsWith(prefix))
    throw wrong(
      `"${model}" is no model of the environment "${environment}", whose models are called ${prefix}…: write ${prefix}${model}.`,
    );
}

/** Versions that the ledger names: as champion, by a stage, or in a move. */
export function ledgerVersions({ champion, previous, stages = [], moves }: LedgerNow): string[] {
  const named = [
    champion,
    previous,
    ...stages.map(({ version }) => version),
    ...moves.flatMap(({ from, to }) => [from, to]),
  ];
  return [...new Set(named.filter((version): version is string => version !== null && version !== 'none'))];
}

const knows = (ledger: LedgerNow, version: string) => ledgerVersions(ledger).includes(version);

function noAlias(model: string, wanted: string, aliases: Record<string, string>): string {
  const names = Object.keys(aliases).sort();
  const has = names.length > 0 ? `it has ${names.join(', ')}` : 'it has no alias';
  return `${model} has no version and no alias "${wanted}": ${has}. A version is a number, as \`ratchet model list ${model}\` shows them.`;
}

export const wrong = (message: string) => new UserError('InvalidInput', message);
