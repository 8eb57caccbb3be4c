/** `ratchet model compare`. */
import { UserError } from '#contracts/failures.ts';
import { versionTag } from '#contracts/names.ts';
import { storedEvidence } from '#records/stored-evidence.ts';
import pc from '../../kit/color.ts';
import { createOutput, shortened, table } from '../../kit/output.ts';
import { type Session, withSession } from '../../kit/session.ts';
import { namedVersion } from './named-version.ts';

/** A version with what can be held beside another's. @internal */
export interface ComparedVersion {
  readonly name: string;
  /** Metric → figure: of the evidence that it was judged by, else what its run logged. */
  readonly figures: Readonly<Record<string, number>>;
  /** Digest of the rows that the figures are of; null: its run says. */
  readonly holdout: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly made: Readonly<Record<string, string | null>>;
}
interface Pair<T> {
  readonly name: string;
  readonly version: T;
  readonly other: T;
}
/** @internal */
export interface VersionComparison {
  readonly version: string;
  readonly other: string;
  /** Both were judged on the same rows, so that a difference of figures is one of the models. */
  readonly sameRows: boolean;
  readonly figures: readonly (Pair<number | null> & { readonly difference: number | null })[];
  /** Those that differ. */
  readonly params: readonly Pair<string | null>[];
  readonly made: readonly Pair<string | null>[];
}

/** Pure. @internal */
export function comparisonOf(version: ComparedVersion, other: ComparedVersion): VersionComparison {
  const names = [...new Set([...Object.keys(version.figures), ...Object.keys(other.figures)])].sort();
  return {
    version: version.name,
    other: other.name,
    sameRows: version.holdout !== null && version.holdout === other.holdout,
    figures: names.map((name) => {
      const [a = null, b = null] = [version.figures[name], other.figures[name]];
      return { name, version: a, other: b, difference: a === null || b === null ? null : b - a };
    }),
    params: differing(version.params, other.params),
    made: differing(version.made, other.made),
  };
}

function differing(
  a: Readonly<Record<string, string | null>>,
  b: Readonly<Record<string, string | null>>,
): Pair<string | null>[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((name) => (a[name] ?? null) !== (b[name] ?? null))
    .map((name) => ({ name, version: a[name] ?? null, other: b[name] ?? null }));
}

export async function compareVersions(version: string, other: string, options: { json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  const [a, b] = [namedVersion(version), namedVersion(other)];
  await withSession(async (session) => {
    const found = comparisonOf(...(await Promise.all([comparedVersion(session, a), comparedVersion(session, b)])));
    out.object(found);
    out.print(figuresTable(found));
    if (!found.sameRows)
      out.print(pc.yellow('These figures are of other rows each: their difference says little of the models.'));
    out.print(listed('Params that differ', found.params, found));
    out.print(listed('Made of', found.made, found));
  });
}

async function comparedVersion(
  { tracking, store }: Session,
  { model, version }: { model: string; version: string },
): Promise<ComparedVersion> {
  const found = await tracking.version(model, version);
  if (!found)
    throw new UserError(
      'InvalidInput',
      `MLflow has no version ${version} of ${model}: \`ratchet model list ${model}\` names those that it has.`,
    );
  const { tags, runId } = found;
  // Where it is gone, what its run logged is told.
  const [run, judged] = await Promise.all([tracking.run(runId), storedEvidence(store, tags)]);
  const figures = judged?.evidence.candidate.metrics ?? run.metrics;
  return {
    name: `${model}@${version}`,
    figures: Object.fromEntries(
      Object.entries(figures).flatMap(([name, value]) => (typeof value === 'number' ? [[name, value] as const] : [])),
    ),
    holdout: judged?.evidence.data.digest ?? null,
    params: run.params,
    made: {
      model: tags[versionTag.digest] ?? null,
      data: tags['ratchet.data'] ?? null,
      'as of': tags[versionTag.asOf] ?? null,
      environment: tags['ratchet.environment'] ?? null,
      run: tags['ratchet.run'] ?? null,
      trigger: tags['ratchet.trigger'] ?? null,
      'judged against': tags['ratchet.verdict.against'] ?? null,
      'approved by': tags['ratchet.approved.by'] ?? null,
    },
  };
}

const figure = (value: number | null): string => (value === null ? '' : String(Number(value.toPrecision(5))));

function figuresTable({ version, other, figures }: VersionComparison): string {
  if (figures.length === 0) return 'Neither has a figure.';
  return table(
    ['figure', version, other, 'difference'],
    figures.map(({ name, version: a, other: b, difference }) => [
      name,
      figure(a),
      figure(b),
      difference === null ? '' : `${difference > 0 ? '+' : ''}${figure(difference)}`,
    ]),
    [1, 2, 3],
  );
}

function listed(title: string, pairs: readonly Pair<string | null>[], { version, other }: VersionComparison): string {
  if (pairs.length === 0) return `\n${title}: the same.`;
  const cell = (text: string | null) => (text === null ? pc.dim('–') : shortened(text, 60));
  return `\n${table(
    [title, version, other],
    pairs.map((pair) => [pair.name, cell(pair.version), cell(pair.other)]),
  )}`;
}
