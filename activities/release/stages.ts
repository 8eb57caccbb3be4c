/**
 * MLflow's stages, and the aliases that say the same, follow the ledger of `model/<name>`: for those who load
 * `models:/NAME/Production` and ask for the latest versions of a stage.
 *
 * Written after the champion's alias, and only what differs, so that whoever dies in between is followed by one who writes
 * the rest. A server that has no stages keeps nobody from being promoted.
 */
import type { Standing } from '#contracts/activities.ts';
import { UserError } from '#contracts/failures.ts';
import type { Ledger } from '#contracts/messages.ts';
import { alias as names, stageTag } from '#contracts/names.ts';
import type { DescribedVersion, ModelStage, Tracking } from '#ports/tracking.ts';

/** Versions that are looked at, the newest: one request. An older one that somebody moved by hand is archived with the next promotion. */
const NEWEST = 300;

type Registry = Pick<Tracking, 'alias' | 'setAlias' | 'version' | 'newestVersions' | 'setStage' | 'describeVersion'>;

/** The version that waits, by the ledger. */
const waitingOf = ({ stages = [] }: Standing) => stages.find(({ stage }) => stage === 'Staging')?.version ?? null;

/** Version → stage, as the ledger has them. */
function stagesOf(ledger: Standing): Map<string, ModelStage> {
  const { champion, previous, stages = [] } = ledger;
  return new Map<string, ModelStage>([
    ...(previous === null ? [] : [[previous, 'Archived'] as const]),
    ...stages.map(({ version, stage }) => [version, stage] as const),
    ...(champion === null ? [] : [[champion, 'Production'] as const]),
  ]);
}

/** The newest versions and those that the ledger names; what somebody deleted is not among them. */
async function versionsOf(
  registry: Pick<Tracking, 'version' | 'newestVersions'>,
  model: string,
  ledger: Standing,
): Promise<Map<string, DescribedVersion>> {
  const newest = await registry.newestVersions(model, NEWEST);
  const known = new Map(newest.map((each) => [each.version, each]));
  if (newest.length < NEWEST) return known;
  for (const version of stagesOf(ledger).keys()) {
    const older = known.has(version) ? null : await registry.version(model, version);
    if (older) known.set(version, older);
  }
  return known;
}

/**
 * @param stages whether MLflow's stages are kept at all; aliases are
 * @returns what MLflow follows now, and why not stages
 */
export async function keepInStep(
  registry: Registry,
  model: string,
  ledger: Standing,
  stages: boolean,
): Promise<{ kept: NonNullable<Ledger['inStep']>; note?: string }> {
  const waiting = waitingOf(ledger);
  const versions = await versionsOf(registry, model, ledger);
  const target = waiting !== null && versions.has(waiting) ? waiting : null;
  for (const name of [names.candidate, names.staging]) {
    const held = (await registry.alias(model, name))?.version ?? null;
    if (held !== target) await registry.setAlias(model, name, target);
  }
  if (!stages) return { kept: 'aliases' };
  try {
    for (const move of movesOf(ledger, versions))
      if ((await registry.setStage({ model, ...move })) === 'none') return { kept: 'aliases', note: NONE };
  } catch (error) {
    if (!(error instanceof UserError) || error.type !== 'OutsideRefused') throw error;
    return { kept: 'aliases', note: `stages are not kept in step, only aliases are: ${error.message}` };
  }
  await leaveEvidence(registry, model, ledger, versions);
  return { kept: 'stages' };
}

const NONE =
  'this MLflow server has no stages: aliases alone are kept in step (RATCHET_MLFLOW_STAGES=off has workers ask no more)';

interface StageMove {
  version: string;
  stage: ModelStage;
  alone: boolean;
}

/** What is to be asked of MLflow, in this order: a request that archives others spares theirs. */
function movesOf(ledger: Standing, versions: ReadonlyMap<string, DescribedVersion>): StageMove[] {
  const now = new Map([...versions].map(([version, { stage }]) => [version, stage]));
  const moves: StageMove[] = [];
  const move = (version: string, stage: ModelStage, alone: boolean) => {
    moves.push({ version, stage, alone });
    if (alone) for (const [other, held] of now) if (held === stage) now.set(other, 'Archived');
    now.set(version, stage);
  };
  for (const [stage, owner] of [
    ['Production', ledger.champion],
    ['Staging', waitingOf(ledger)],
  ] as const) {
    const others = [...now].filter(([version, held]) => held === stage && version !== owner).map(([other]) => other);
    const there = owner !== null && now.has(owner);
    if (there && (now.get(owner) !== stage || others.length > 0)) move(owner, stage, true);
    if (!there) for (const other of others) move(other, 'Archived', false);
  }
  for (const [version, stage] of stagesOf(ledger))
    if (stage === 'Archived' && now.has(version) && now.get(version) !== stage) move(version, stage, false);
  return moves;
}

/** Each version says when, by whom and why it came into its stage. */
async function leaveEvidence(
  registry: Pick<Tracking, 'describeVersion'>,
  model: string,
  { stages = [] }: Standing,
  versions: ReadonlyMap<string, DescribedVersion>,
): Promise<void> {
  for (const { version, stage, at, by, reason } of stages) {
    const [tag, said] = [stageTag(stage), JSON.stringify({ at, by, reason })];
    const found = versions.get(version);
    if (!found || found.tags[tag] === said) continue;
    await registry.describeVersion({ model, version, tags: { [tag]: said } }).catch((error: unknown) => {
      // Somebody deleted the version meanwhile: the rest is done, and nothing is undone for a tag.
      if (!(error instanceof UserError) || error.type === 'OutsideUnreachable') throw error;
    });
  }
}

/**
 * What of stages and aliases is not as the ledger has it, in words; none where MLflow was not told yet. A moved champion is
 * not told here: the ledger takes it as a fact, and stages follow.
 * @param champion who holds that alias
 */
export async function foundApart(
  registry: {
    alias(model: string, alias: string): Promise<Pick<DescribedVersion, 'version'> | null>;
  } & Pick<Tracking, 'version' | 'newestVersions'>,
  model: string,
  ledger: Standing,
  champion: string | null,
): Promise<string[]> {
  if (!ledger.inStep) return [];
  const moved = new Set(champion === ledger.champion ? [] : [champion, ledger.champion]);
  const waiting = waitingOf(ledger);
  const versions = await versionsOf(registry, model, ledger);
  const words: string[] = [];
  for (const [name, expected] of [
    [names.previous, ledger.previous],
    [names.candidate, waiting],
    [names.staging, waiting],
  ] as const) {
    const held = (await registry.alias(model, name))?.version ?? null;
    // With a deleted version its aliases went: told below.
    const gone = expected !== null && !versions.has(expected);
    if (held === expected || moved.has(held) || (gone && held === null)) continue;
    words.push(
      `the alias ${name} of ${model} was moved by hand to ${named(held)}: by the ledger it is ${of(expected)}`,
    );
  }
  if (waiting !== null && !versions.has(waiting))
    words.push(`version ${waiting} of ${model}, which waits by the ledger, was deleted in MLflow by hand`);
  if (ledger.inStep === 'aliases') return words;
  const expected = stagesOf(ledger);
  for (const [version, { stage }] of versions) {
    const own = expected.get(version);
    if (moved.has(version) || (own ? own === stage : stage !== 'Production' && stage !== 'Staging')) continue;
    const owner = stage === 'Production' ? ledger.champion : stage === 'Staging' ? waiting : null;
    const beside = owner !== null && owner !== version ? `, and ${stage} is version ${owner}'s` : '';
    words.push(
      `version ${version} of ${model} was moved by hand to the stage ${stage}: by the ledger it is ${own ? `in ${own}` : 'in none'}${beside}`,
    );
  }
  return words;
}

const named = (version: string | null) => (version === null ? 'no version' : `version ${version}`);
const of = (version: string | null) => (version === null ? "no version's" : `version ${version}'s`);
