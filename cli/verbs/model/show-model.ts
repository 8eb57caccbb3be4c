/** `ratchet model show`. */
import { loopStatus } from '#adapters/temporal/loops.ts';
import type { Decision } from '#contracts/decision.ts';
import { UserError } from '#contracts/failures.ts';
import type { LoopStatus } from '#contracts/loop/answers.ts';
import { alias, versionTag } from '#contracts/names.ts';
import { readDecisions } from '#records/decisions.ts';
import { type ModelStory, modelStory } from '#records/model-story.ts';
import { readMoves } from '#records/moves.ts';
import type { ComesNext } from '#reports/model/model-page.ts';
import pc from '../../kit/color.ts';
import { createOutput, fittedTable } from '../../kit/output.ts';
import { type Session, withSession } from '../../kit/session.ts';
import { writeReport } from '../../kit/write-report.ts';

/** The newest decisions of each pipeline, and versions that the terminal lists. */
const DECISIONS = 1_000;
/** A version a day for a generation. */
const MOST = 10_000;
const LISTED = 20;

export async function showModel(model: string, options: { html?: string; json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  const at = new Date().toISOString();
  await withSession(async (session) => {
    const { story, next } = await toldOf(session, model);
    if (options.html !== undefined) {
      const { modelPage } = await import('#reports/model/model-page.ts');
      await writeReport(options.html, modelPage(story, next, at), out, null);
    }
    out.object({ ...story, next });
    const { champion, moves, versions, reigns } = story;
    const [reign] = reigns;
    out.print(
      champion === null
        ? `${pc.bold(model)} has no champion`
        : `${pc.bold(model)}: version ${pc.bold(champion)} is champion${reign?.version === champion ? ` since ${minutes(reign.from)}, ${reign.reason}` : ''}`,
    );
    const served = versions.find(({ version }) => version === champion)?.featureService;
    if (served) out.print(`its features are of ${shortService(served)}`);
    out.print(
      pc.dim(
        `versions: ${versions.length}, promotions: ${moves.promotion}, rollbacks: ${moves.rollback}, moves by hand: ${moves['by-hand']}`,
      ),
    );
    out.print(`\n${listed(story)}`);
    for (const { pipeline, words } of next) out.print(`\n${pipeline}\n${words.map((each) => `  ${each}`).join('\n')}`);
    if (champion !== null) out.print(pc.dim(`\n${session.tracking.page({ model, version: champion })}`));
  });
}

async function toldOf(session: Session, model: string): Promise<{ story: ModelStory; next: ComesNext[] }> {
  const { tracking, store } = session;
  const versions = await tracking.newestVersions(model, MOST);
  if (versions.length === 0)
    throw new UserError(
      'InvalidInput',
      `MLflow has no version of a registered model "${model}": \`ratchet model list\` names those that it has.`,
    );
  const pipelines = [...new Set(versions.flatMap(({ tags }) => tags[versionTag.pipeline] ?? []))];
  const [champion, previous, moves, decisions, next] = await Promise.all([
    tracking.alias(model, alias.champion),
    tracking.alias(model, alias.previous),
    readMoves(store, model),
    Promise.all(pipelines.map((pipeline) => readDecisions(store, pipeline, { limit: DECISIONS }))),
    comesNext(session, pipelines),
  ]);
  const holders = { champion: champion?.version ?? null, previous: previous?.version ?? null };
  return { story: modelStory(model, { versions, holders, moves, decisions: decisions.flat() as Decision[] }), next };
}

/** Of pipelines that are deployed. Where Temporal is not reached the rest is told all the same. */
async function comesNext(session: Session, pipelines: readonly string[]): Promise<ComesNext[]> {
  try {
    const { client } = await session.temporal();
    const found = await Promise.all(pipelines.map((pipeline) => loopStatus(client, { pipeline })));
    return found.flatMap((status) => (status ? [{ pipeline: status.pipeline, words: nextInWords(status) }] : []));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return pipelines.map((pipeline) => ({ pipeline, words: [`what comes next is not known: ${why}`] }));
  }
}

/** What a loop waits for. */
function nextInWords({ state, note, run, next, newRows, lacking, provisional }: LoopStatus): string[] {
  return [
    `the loop is ${state}${note ? `: ${note}` : ''}`,
    ...(run ? [`running ${run.runId}, since ${minutes(run.startedAt)}`] : []),
    ...(next ? [`then ${next.runId}: ${next.reasons.map(({ words }) => words).join('; ')}`] : []),
    ...provisional.map((each) => `version ${each.version} is on probation until ${minutes(each.maturesAt)}`),
    `${newRows.toLocaleString('en')} new rows since the last run`,
    ...lacking.map((words) => `would start a run: ${words}`),
  ];
}

function listed({ versions, champion, previous }: ModelStory): string {
  const holder = (version: string) =>
    version === champion ? pc.green(alias.champion) : version === previous ? alias.previous : '';
  const table = fittedTable(
    ['version', '', 'stage', 'verdict', 'approved by', 'as of (UTC)', 'why'],
    versions
      .slice(0, LISTED)
      .map(({ version, stage, verdict, approvedBy, asOf, reasons }) => [
        version,
        holder(version),
        stage ?? '',
        verdict ?? pc.dim('none'),
        approvedBy ?? '',
        pc.dim(asOf === null ? '' : minutes(asOf)),
        reasons[0] ?? '',
      ]),
    [0],
  );
  const more = versions.length - LISTED;
  return more > 0
    ? `${table}\n${pc.dim(`${more.toLocaleString('en')} older ones: --json and --html have all`)}`
    : table;
}

/** Twelve digits tell versions apart. */
const shortService = (tag: string): string => tag.replace(/@(?:sha256:)?([0-9a-f]{12})[0-9a-f]*$/, '@$1');

const minutes = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
