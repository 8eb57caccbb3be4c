/** A figure that was not measured now says when it was, wherever it is shown. */
import { expect, it } from 'vitest';
import { runView } from '#cli/kit/runs/view.ts';
import { untestedLines } from '#cli/verbs/loop/show-drift-history.ts';
import { loopInWords } from '#cli/verbs/loop/show-loop.ts';
import { originOf } from '#cli/verbs/show/show-run.ts';
import type { NodeReport, RunRecord } from '#contracts/run.ts';
import { mergeProfiles } from '#measures/drift/merge-profiles.ts';
import { readProfile, writeProfile } from '#measures/drift/profile/file.ts';
import { driftHistoryPage } from '#reports/drift/history-page.ts';
import { html } from '#reports/html.ts';
import { dated, page, section } from '#reports/page.ts';
import { loopStatus } from '#workflows/loop/status.ts';
import { details } from '#workflows/run/interpreter/details.ts';
import { day, Story } from './retrain/story.ts';

const [then, now] = [day(1), day(2)];

const cached: NodeReport = {
  ...{ id: 'train', kind: 'run', step: 'train', status: 'done', cached: true, ms: 3, progress: null },
  reason: `hit: same code and input as run/p/1, computed ${then}`,
};

it('a step from the cache, while a run goes on and on its page in Temporal', () => {
  const lines: string[] = [];
  const out = { json: false, live: false, note: (line: string) => lines.push(line), print: () => {}, object: () => {} };
  runView(out).update({ runId: 'run/p/2', pipeline: 'p', status: 'running', nodes: [cached], approvals: [] });
  expect(lines[0]).toContain(`from the cache: same code and input as run/p/1, computed ${then}`);
  expect(details('p', null, [cached])).toContain(`as run/p/1, computed ${then}`);
});

it('a run that ended, and the one that it takes up', () => {
  const record = (id: string, resumedFrom: string | null, endedAt: string) =>
    ({
      run: { id, asOf: then, trigger: { kind: 'manual', reason: 'r', who: 'w' } },
      plan: { champion: null, params: {}, bundle: 'b'.repeat(64) },
      ...{ startedAt: then, endedAt, resumedFrom },
    }) as unknown as RunRecord; // What is told of where it comes from.
  const lines = originOf(record('run/p/1/r2', 'run/p/1', now), record('run/p/1', null, then));
  expect(lines).toContain(`ran       ${then} to ${now}`);
  expect(lines).toContain(`takes up  run/p/1, which ended ${then}: what is kept was computed by then`);
});

it('what a loop answers: the time that its figures are of, until when a champion is provisional', () => {
  const story = new Story();
  story.at(then, story.rows(then, 5));
  const status = loopStatus('p', story.memory, story.policy, { decisions: [], taken: 1, undecided: 0, watch: null });
  const provisional = [
    { runId: 'run/p/1', version: '2', previous: '1', promotedAt: then, maturesAt: now, judging: false },
  ];
  const growing = { at: then, files: ['a.csv'] };
  const lines = loopInWords({ ...status, provisional, growing }).join('\n');
  expect(lines).toContain(`as of        ${then}, event time`);
  expect(lines).toContain(`provisional  version 2 until ${now}`);
  expect(lines).toContain(`growing      a.csv: as of ${then}`);
});

it('drift of before: the last check is not now', () => {
  const check = (at: string, drifted: boolean) => ({
    at,
    result: {
      ...{ columns: {}, drifted: 0, share: 0, dataset_drift: drifted, share_threshold: 0.5, tested: 1 },
      ...{ rows: { reference: 1, current: 1 }, untested: [], notes: [], tests: [] },
    },
  });
  expect(driftHistoryPage('d', [check(then, false), check(now, true)])).toContain(
    `drifted at the last check, of ${now}`,
  );
  expect(driftHistoryPage('d', [check(then, true), check(now, false)])).toContain(`not at the last check, of ${now}`);
  expect(driftHistoryPage('d', [check(then, false)])).toContain(`the last is of ${then}`);
  expect(driftHistoryPage('d', [])).toContain('No check found');
});

it('columns that the watch could not test, each with the reason and when', () => {
  const untested = [{ column: 'empty', kind: 'empty' as const, reason: 'the current data have no value in it' }];
  const result = {
    ...{ columns: {}, drifted: 0, share: 0, dataset_drift: false, share_threshold: 0.5, tested: 1 },
    ...{ rows: { reference: 1, current: 1 }, untested, notes: [], tests: [] },
  };
  expect(untestedLines({ at: now, result })).toEqual([
    `not tested, ${now}: empty: the current data have no value in it`,
  ]);
  expect(driftHistoryPage('d', [{ at: now, result }])).toContain(
    'Not tested at the last one: empty (the current data have no value in it)',
  );
});

it('a report in a file: in its lead, whatever its text holds', () => {
  const document = page({ title: '</p></header>', lead: '3 rows </p></header>', sections: [section('s', html`x`)] });
  const lead = '3 rows &lt;/p&gt;&lt;/header&gt;';
  expect(dated(document, then)).toContain(`${lead}, measured <time datetime="${then}">${then}</time></p></header>`);
});

it('a stored profile: when each was made that a reference is merged from, and nothing where none says', () => {
  const made = (at: string) => readProfile(writeProfile({ rows: 1, columns: new Map(), made: [at, at] }), 'p.json');
  expect(mergeProfiles([made(now), made(then)]).made).toEqual([then, now]);
  const silent = readProfile(writeProfile({ rows: 1, columns: new Map() }), 'p.json');
  expect(mergeProfiles([silent, silent])).not.toHaveProperty('made');
});
