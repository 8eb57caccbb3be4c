/** Features as they are served and as their sources stand: how often they have no value, and how long ago a view's newest row happened. */
import { milliseconds } from '#contracts/duration.ts';
import { holds, lacks, plain } from '../finding.ts';
import { judged } from '../persistence.ts';
import { lastWindow, newestInWords, tooFewInWords, traced } from '../windows.ts';
import type { Of, TriggerKind } from './trigger-kind.ts';

const HOUR = 3_600;

export const featureNulls: TriggerKind<Of<'featureNulls'>> = {
  needs: ['watch', 'skew'],
  judge({ share, feature }, { skew: looks = [] }) {
    const limit = `more than ${plain(share * 100)} % of the vectors`;
    const wanted = `${feature ?? 'a feature'} served without a value in ${limit}`;
    const last = judged(looks).at(-1);
    if (!last) return lacks(`${wanted}: ${tooFewInWords(looks) ?? 'no window measured yet'}`);
    const own = last.features.filter(({ name }) => feature === undefined || name === feature);
    const [worst, ...others] = own.sort((a, b) => b.nulls - a.nulls).filter(({ nulls }) => nulls > share);
    if (!worst) return lacks(`${wanted}: at most ${plain((own[0]?.nulls ?? 0) * 100)} %${newestInWords(looks)}`);
    const named = [worst, ...others].slice(0, 5).map(({ name, nulls }) => `${name} (${plain(nulls * 100)} %)`);
    return holds({
      ...{ kind: 'featureNulls', figures: { null_share: worst.nulls }, threshold: { share }, window: last.window },
      words: `${named.join(', ')} of ${last.service} served without a value in ${limit}; in ${lastWindow(last)}`,
      ...traced([last]),
    });
  },
};

export const freshness: TriggerKind<Of<'freshness'>> = {
  needs: ['watch', 'skew'],
  judge({ olderThan, view }, { skew: looks = [] }) {
    const wanted = `the newest row of ${view ?? 'a view'} older than ${olderThan}`;
    // However few vectors were served: a source grows old without them.
    const last = looks.at(-1);
    if (!last) return lacks(`${wanted}: no look yet`);
    const seconds = milliseconds(olderThan) / 1_000;
    const age = ({ ageSeconds }: (typeof last.views)[number]) => ageSeconds ?? Number.POSITIVE_INFINITY;
    const own = last.views.filter(({ name }) => view === undefined || name === view).sort((a, b) => age(b) - age(a));
    const said = (each: (typeof own)[number]) =>
      each.ageSeconds === null ? `${each.name} (no row)` : `${each.name} (${plain(each.ageSeconds / HOUR)} h)`;
    const old = own.filter((each) => age(each) > seconds);
    const [worst] = old;
    if (!worst) return lacks(`${wanted}: ${own[0] ? said(own[0]) : 'its age is not known'}`);
    return holds({
      ...{ kind: 'freshness', threshold: { older_than_hours: seconds / HOUR }, window: last.window },
      figures: worst.ageSeconds === null ? {} : { age_hours: worst.ageSeconds / HOUR },
      words: `the newest row of ${old.slice(0, 5).map(said).join(', ')} is older than ${olderThan}, told ${last.at}`,
      ...traced([last]),
    });
  },
};
