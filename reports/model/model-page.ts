/** The page of a registered model: who is champion and why, who was before, every version, probations, what comes next. One HTML file. */
import type { ModelStory, Reign, VersionLine } from '#records/model-story.ts';
import { type Html, html } from '../html.ts';
import { clipped, count, counted, moment, span } from '../numbers.ts';
import { code, note, page, section } from '../page.ts';
import { table } from '../table.ts';
import { tiles, verdict } from '../tiles.ts';
import { championsOverTime } from './champions-over-time.ts';

/** A loop that trains the model, as it stands. */
export interface ComesNext {
  readonly pipeline: string;
  /** Idle, running, paused, … in a sentence or more. */
  readonly words: readonly string[];
}

/** Of a long life the newest so many stand in each table. */
const LISTED = 2_000;

/** @param at ISO: when it was asked */
export function modelPage(story: ModelStory, next: readonly ComesNext[], at: string): string {
  const { model, versions, reigns, moves, probations } = story;
  return page({
    title: clipped(model, 160),
    lead: `A registered model with ${counted(versions.length, 'version')}, as of ${moment(at)} UTC`,
    sections: [
      standing(story),
      tiles([
        { name: 'Versions', value: count(versions.length) },
        { name: 'Promotions', value: count(moves.promotion) },
        { name: 'Rollbacks', value: count(moves.rollback), bad: moves.rollback > 0 },
        { name: 'Moved by hand', value: count(moves['by-hand']), bad: moves['by-hand'] > 0 },
      ]),
      ...(reigns.length > 0
        ? [
            section(
              'Champions over time',
              reigns.length > 1 ? championsOverTime(reigns, at) : null,
              champions(reigns, at),
            ),
          ]
        : []),
      section('Versions', versionsTable(versions)),
      ...(probations.length > 0 ? [section('Probations', probationsTable(probations))] : []),
      ...(next.length > 0 ? [section('What comes next', ...next.map(nextOf))] : []),
    ],
  });
}

const began: Record<Reign['began'], string> = {
  promotion: 'promoted',
  rollback: 'rolled back to',
  'by-hand': 'moved by hand in MLflow',
};

function standing({ champion, previous, versions, reigns }: ModelStory): Html {
  if (champion === null)
    return verdict({
      is: 'inconclusive',
      word: '△ Nobody is champion',
      reasons: [
        versions.length === 0 ? 'No version was registered yet' : 'No version holds the alias champion in MLflow',
      ],
    });
  const reign = reigns.find(({ version, until }) => version === champion && until === null);
  const line = versions.find(({ version }) => version === champion);
  return verdict({
    is: reign?.began === 'promotion' ? 'passed' : reign === undefined ? 'plain' : 'inconclusive',
    word: `${reign?.began === 'promotion' ? '✓' : '△'} Version ${champion} is champion${reign ? ` since ${moment(reign.from)}` : ''}`,
    reasons: [
      ...(reign ? [`${began[reign.began]} by ${clipped(reign.by, 120)}: ${clipped(reign.reason, 300)}`] : []),
      ...(line?.reasons.slice(0, 3).map((reason) => clipped(reason, 300)) ?? []),
      ...(line?.approvedBy ? [`approved by ${clipped(line.approvedBy, 160)}`] : []),
      ...(previous === null ? [] : [`version ${previous} was champion before it, and is what a rollback goes back to`]),
    ],
  });
}

/** As words: how long, to now where it lasts. */
const lasted = ({ from, until }: Reign, at: string): number => (Date.parse(until ?? at) - Date.parse(from)) / 1_000;

/** Champions that stand open on the page; the earlier ones are a click away. */
const OPEN = 10;

function champions(reigns: readonly Reign[], at: string): Html {
  const earlier = reigns.slice(OPEN, LISTED);
  return html`${championsTable('Champions, the newest first', reigns.slice(0, OPEN), at)}${
    earlier.length === 0
      ? null
      : html`<details><summary>${counted(earlier.length, 'earlier champion')}</summary>${championsTable('Earlier champions', earlier, at)}</details>`
  }${more(reigns.length)}`;
}

const championsTable = (caption: string, reigns: readonly Reign[], at: string): Html =>
  table(
    caption,
    [
      { head: 'Version', sortBy: ({ version }: Reign) => Number(version), cell: ({ version }) => `v${version}` },
      { head: 'From', cell: ({ from }) => moment(from) },
      { head: 'Until', cell: ({ until }) => (until === null ? 'now' : moment(until)) },
      { head: 'For', number: true, sortBy: (reign) => lasted(reign, at), cell: (reign) => span(lasted(reign, at)) },
      { head: 'How', cell: (reign) => began[reign.began] },
      { head: 'By', cell: ({ by }) => clipped(by, 120) },
      { head: 'Why', cell: ({ reason }) => clipped(reason, 300) },
    ],
    reigns,
    { sortable: true, stacked: true, ...(reigns.length > 12 ? { search: 'Find a champion' } : {}) },
  );

const digestOf = (text: string | null): Html | string =>
  text === null ? '–' : html`<span title="${text}">${code(text.replace(/^\w+:/, '').slice(0, 8))}</span>`;

function versionsTable(versions: readonly VersionLine[]): Html {
  if (versions.length === 0) return note('None yet.');
  return html`${table(
    'Versions, the newest first',
    [
      {
        head: 'Version',
        sortBy: ({ version }: VersionLine) => Number(version),
        cell: ({ version, stage }: VersionLine) =>
          html`v${clipped(version, 20)}${stage === null ? null : html`<span class="why">${clipped(stage, 40)}</span>`}`,
      },
      { head: 'Was champion', cell: ({ reigns }: VersionLine) => reigns.map(reignInWords).join(', ') || 'never' },
      { head: 'Verdict', cell: verdictOf },
      { head: 'Approved by', cell: ({ approvedBy }: VersionLine) => (approvedBy ? clipped(approvedBy, 80) : '–') },
      { head: 'Trained on', cell: trainedOn },
      { head: 'Model', cell: ({ digest }: VersionLine) => digestOf(digest) },
      { head: 'Run', cell: ranBy },
    ],
    versions.slice(0, LISTED),
    { sortable: true, stacked: true, ...(versions.length > 12 ? { search: 'Find a version' } : {}) },
  )}${more(versions.length)}`;
}

const reignInWords = ({ from, until }: Reign): string => `${moment(from)} – ${until === null ? 'now' : moment(until)}`;

const verdictOf = ({ verdict: outcome, against, reasons }: VersionLine): Html | string =>
  outcome === null
    ? 'none: not registered by a gate'
    : html`${clipped(outcome, 40)}<span class="why">${against === null ? 'as the first champion' : `against v${clipped(against, 20)}`}${reasons[0] ? html`: ${clipped(reasons[0], 240)}` : null}</span>`;

const trainedOn = ({ data, asOf }: VersionLine): Html | string =>
  data === null && asOf === null ? '–' : html`${digestOf(data)}<span class="why">as of ${moment(asOf)}</span>`;

const ranBy = ({ run, trigger }: VersionLine): Html | string =>
  run === null ? '–' : html`${code(clipped(run, 120))}<span class="why">${trigger ? clipped(trigger, 160) : ''}</span>`;

function probationsTable(probations: ModelStory['probations']): Html {
  return html`${table(
    'Probations and what the watch found, the newest first',
    [
      { head: 'When', cell: ({ at }: ModelStory['probations'][number]) => moment(at) },
      { head: 'Outcome', cell: ({ outcome }: ModelStory['probations'][number]) => outcomeInWords[outcome] ?? outcome },
      { head: 'Why', cell: ({ words }: ModelStory['probations'][number]) => clipped(words, 400) },
      { head: 'Pipeline', cell: ({ pipeline }: ModelStory['probations'][number]) => clipped(pipeline, 80) },
    ],
    probations.slice(0, LISTED),
    { stacked: true, ...(probations.length > 12 ? { search: 'Find a probation' } : {}) },
  )}${more(probations.length)}`;
}

const outcomeInWords: Partial<Record<ModelStory['probations'][number]['outcome'], string>> = {
  rolledBack: 'rolled back',
  'rollback-failed': 'could not be rolled back',
  alias: 'moved by hand',
};

const more = (all: number): Html | null =>
  all > LISTED ? note(`${count(all - LISTED)} older ones: ratchet model show --json has all of them.`) : null;

const nextOf = ({ pipeline, words }: ComesNext): Html =>
  html`<h3>${clipped(pipeline, 80)}</h3><ul>${words.map((each) => html`<li>${clipped(each, 300)}</li>`)}</ul>`;
