import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Evidence } from '#contracts/evidence.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import { decideGate } from '#decisions/gate.ts';
import { render } from '#reports/evaluation/report.ts';
import { escaped, html, trusted } from '#reports/html.ts';
import { page, section } from '#reports/page.ts';
import { svg } from '#reports/plots.ts';
import { table } from '#reports/table.ts';
import { flightsRequest } from '../fixtures/evaluation-report.ts';

const attack = `"><img src=x onerror=alert(1)><script>alert('${'`'}')</script>`;

/** Evidence in which every text that comes from outside is an attack. */
function evidence(slices = 3): Evidence {
  const metrics = { roc_auc: 0.717, log_loss: 0.41 };
  const before = { roc_auc: 0.699, log_loss: 0.43 };
  const sides = {
    candidate: [
      [0, 0],
      [0.2, 0.6],
      [1, 1],
    ] as [number, number][],
    champion: [
      [0, 0],
      [0.3, 0.6],
      [1, 1],
    ] as [number, number][],
  };
  return Evidence.parse({
    format: 1,
    task: 'binary',
    target: attack,
    classes: ['on time', attack],
    threshold: 0.5,
    rows: 20_000,
    dropped: { target: 3, candidate: 0, champion: 1 },
    directions: { roc_auc: true, log_loss: false },
    meanings: { roc_auc: 'order', log_loss: 'surprise' },
    candidate: { digest: 'sha256:a', runId: attack, metrics },
    champion: { model: attack, version: '3', runId: 'r', digest: 'sha256:b', metrics: before },
    comparisons: [
      {
        metric: 'roc_auc',
        higherIsBetter: true,
        candidate: 0.717,
        champion: 0.699,
        difference: 0.018,
        lower: 0.011,
        upper: 0.024,
        confidence: 0.95,
        resamples: 1000,
      },
      {
        metric: 'log_loss',
        higherIsBetter: false,
        candidate: 0.41,
        champion: 0.43,
        difference: 0.02,
        lower: 'NaN',
        upper: 'NaN',
        confidence: 0.95,
        resamples: 0,
      },
    ],
    minimumSliceRows: 100,
    slices: Array.from({ length: slices }, (_, i) => ({
      column: 'carrier',
      value: `${attack}${i}`,
      rows: 500 - i,
      candidate: { ...metrics, roc_auc: i === 1 ? 'NaN' : 0.7 },
      champion: before,
    })),
    slicesLeftOut: [{ column: attack, values: 2, rows: 40 }],
    fairness: {
      ...{ minimumGroupRows: 100, by: 'rows' },
      attributes: [
        {
          columns: ['carrier', attack],
          groups: [0.6, 0.4, 'NaN'].map((rate, i) => ({
            ...{ values: [`${attack}${i}`, attack], rows: 500 - i, positives: 50 },
            candidate: { selection_rate: rate, true_positive_rate: 0.5, false_positive_rate: rate },
            champion: { selection_rate: 0.5, true_positive_rate: 0.5, false_positive_rate: 'NaN' },
          })),
          candidate: { demographic_parity: { difference: 0.2, ratio: 0.666 } },
          champion: { demographic_parity: { difference: 'NaN', ratio: 'NaN' } },
          missing: 7,
          small: [{ values: [attack, 'few'], rows: 5 }],
          smallInAll: { groups: 3, rows: 9 },
          leftOut: { groups: 2, rows: 250 },
        },
      ],
    },
    calibration: {
      candidate: [{ rows: 5, predicted: 0.1, observed: 0.2 }],
      champion: [{ rows: 5, predicted: 0.2, observed: 0.2 }],
    },
    confusion: {
      candidate: [
        [90, 10],
        [40, 60],
      ],
      champion: [
        [80, 20],
        [50, 50],
      ],
    },
    roc: sides,
    precisionRecall: sides,
    data: { uri: `s3://b/${attack}`, digest: 'md5:x' },
    notes: [attack],
  });
}
function judged(slices?: number) {
  const measured = evidence(slices);
  const rules = GateRules.parse({
    metric: 'roc_auc',
    minimumEffect: 0.002,
    floors: { roc_auc: 0.65, log_loss: 0.4 },
    slices: { metric: 'roc_auc', maxDrop: 0.05 },
  });
  return {
    evidence: measured,
    digest: 'sha256:e',
    verdict: { decision: decideGate({ evidence: measured, rules }), rules, pipeline: attack },
  };
}

describe('markup', () => {
  it('escapes all that was not built here', () => {
    expect(html`<p title="${attack}">${attack}${[html`<b>${'<'}</b>`]}${null}${false}${0}</p>`.markup).toBe(
      `<p title="${escaped(attack)}">${escaped(attack)}<b>&lt;</b>0</p>`,
    );
    expect(escaped(`<>&"'`)).toBe('&lt;&gt;&amp;&quot;&#39;');
    expect(html`${trusted('<svg/>')}`.markup).toBe('<svg/>');
  });
  it('sorts by value and leaves what is not a number for last', () => {
    const text = table(
      'figures',
      [
        { head: 'name', cell: String },
        { head: 'n', number: true, sortBy: (n: number) => n, cell: String },
      ],
      [1, Number.NaN],
      true,
    ).markup;
    expect(text).toContain('data-value="1"');
    expect(text).toContain('data-value=""');
    expect(text).toContain('<th scope="row">1</th>');
  });
});

describe('the page', () => {
  it('runs its own script and no other, and fetches nothing', () => {
    const text = page({ title: attack, lead: attack, sections: [section(attack, html`<p>x</p>`)] });
    expect(text).toMatch(
      /Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; script-src &#39;sha256-[\w+/]+=*&#39;/,
    );
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).not.toContain('<img');
    expect(text).toContain('prefers-color-scheme:dark');
    expect(text).toContain('@media print');
  });
});

describe('a plot', () => {
  const spec = {
    width: 100,
    height: 50,
    data: { values: [{ x: 1 }] },
    mark: { type: 'line', clip: true },
    encoding: { x: { field: 'x', type: 'quantitative' } },
  } as const;
  it('has the same bytes each time, and no name in common with another', async () => {
    const [first, second, other] = [await svg(spec), await svg(spec), await svg({ ...spec, width: 101 })];
    expect(second).toBe(first);
    const ids = (text: string) => [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids(first).length).toBeGreaterThan(0);
    expect(ids(other).some((id) => ids(first).includes(id))).toBe(false);
  });
});

describe('the report of a gate', () => {
  it('shows verdict, figures, curves and where they come from, with nothing of the data’s as markup', async () => {
    const { html: text, confusion } = await render(judged());
    for (const part of [
      'Refused',
      'log_loss 0.410 is above the ceiling of 0.4',
      'minimum effect 0.002',
      'ROC',
      'Calibration',
      'Slices: roc_auc',
      'Confusion matrix',
      'Where this comes from',
      '+0.018',
      '3 without a target',
    ])
      expect(text, part).toContain(part);
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).not.toContain('<img');
    expect(text.replaceAll(/http:\/\/www\.w3\.org\/[\w/]+/g, '')).not.toMatch(/https?:\/\//);
    expect(text.slice(0, text.indexOf('<script'))).not.toMatch(/undefined|\bNaN\b/);
    expect(confusion).toMatch(/^<svg /);
    expect(confusion).not.toContain('<img');
    expect(confusion).toContain('prefers-color-scheme:dark');
  });
  it('has a line for each rule: its verdict, why, and what is missing', async () => {
    const { html: text } = await render(judged());
    const from = text.indexOf('What each rule of the gate says');
    const lines = text
      .slice(from, text.indexOf('</table>', from))
      .split('<tr>')
      .slice(2)
      .map((line) =>
        line
          .replaceAll(/<[^>]+>/g, '|')
          .replaceAll(/\|+/g, '|')
          .trim(),
      );
    expect(lines).toEqual([
      expect.stringMatching(/^\|Floor\|✗ refused\|log_loss 0\.410 is above the ceiling of 0\.4 by 0\.010\|0\.010\|/),
      expect.stringMatching(/^\|Slices\|✗ refused\|roc_auc is not a number on carrier=&quot;&gt;&lt;img/),
      expect.stringMatching(/^\|Against the champion\|✓ passed\|.*above the minimum effect of 0\.002\|/),
      expect.stringMatching(/^\|Rows scored\|✓ passed\|/),
      expect.stringMatching(/^\|Floor\|✓ passed\|roc_auc/),
    ]);
  });
  it('draws the interval against what may be lost, too', async () => {
    const measured = evidence();
    const rules = GateRules.parse({
      metric: 'roc_auc',
      notWorseThan: 0.005,
      floors: { roc_auc: { limit: 0.6, confidence: 0.95 } },
    });
    const verdict = { decision: decideGate({ evidence: measured, rules }), rules, pipeline: 'p' };
    const { html: text } = await render({ evidence: measured, digest: 'sha256:e', verdict });
    expect(text).toContain('may be worse by less than 0.005');
    expect(text).toContain('? inconclusive');
    expect(text).toContain('≥ 0.6');
  });
  it('shows groups with what each model does there, and which are too small', async () => {
    const { html: text } = await render(judged());
    const part = text.slice(text.indexOf('<h2>Fairness</h2>'));
    const shown = part.slice(0, part.indexOf('</section>'));
    expect(shown).toContain('60 %<span class="why">50 %</span>');
    expect(shown).toContain('not defined');
    expect(shown).toMatch(/demographic parity<\/th><td class="number">0\.200<\/td><td class="number">not defined/);
    expect(shown).toMatch(
      /too few rows to judge: .*=few \(5\) and 2 more groups; not judged: 2 more groups \(250 rows\)/,
    );
    expect(shown).toContain('without a value: 7 rows.');
    expect(shown).toContain('Selected of both models in 3 groups');
  });
  it('answers on top what its owner asks, draws slices worst first against their limit, and shows rows to look at', async () => {
    const { html: text } = await render(flightsRequest());
    const asked = ['What would change?', 'For whom does it get worse?', 'How sure is that?', 'What is not known?'];
    const places = [...asked, '<h2>Rules</h2>', '<h2>Error examples</h2>'].map((part) => text.indexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect(text).toContain(
      'roc_auc, candidate minus champion with its interval on 14 slices, the worst first: worse with the whole interval on 1; the limit is −0.05',
    );
    const forest = text.slice(text.indexOf('Candidate minus champion</figcaption>'));
    const lines = ['&lt;s…', 'AS', 'WN', 'FL', 'US', 'DL'].map((value) => forest.indexOf(`carrier = ${value}`));
    expect(lines.every((line) => line >= 0)).toBe(true);
    expect(text).toContain('Of the data only carrier, time_hour, &lt;script&gt;');
    expect(text).toContain('remarks holds free text and is left out');
    expect(text).toContain(`<code>${'c0de'.repeat(16)}</code>`);
    expect(text.match(/<script/g)).toHaveLength(1);
  });
  it('is data, too, which the page names by its digest', async () => {
    const { html: text, json } = await render(flightsRequest());
    expect(text).toContain(`<code>sha256:${createHash('sha256').update(json).digest('hex')}</code>`);
    expect(JSON.parse(json)).toMatchObject({
      verdict: { outcome: 'passed', against: '3' },
      brief: { change: [expect.stringMatching(/^The candidate would take the place/), expect.any(String)] },
      slices: { metric: 'roc_auc' },
      fairness: [{ columns: ['origin'] }],
      examples: { worse: { rows: 1021 } },
      lineage: {
        candidate: { trainedOn: 'md5:5d', environment: null },
        holdout: { digest: expect.stringMatching(/^md5/) },
      },
    });
  });
  it('is the same for the same figures', async () => {
    expect(await render(judged())).toEqual(await render(judged()));
  });
  it('stays small with all the slices that an evaluation may carry', async () => {
    const { html: text } = await render(judged(1_000));
    expect(text.length).toBeLessThan(300_000);
    expect(text).toContain('800 smaller slices stand in the evidence only');
  });
  it('says so when nothing was judged, compared or sliced', async () => {
    const { comparisons: _, ...rest } = evidence();
    const alone = Evidence.parse({
      ...rest,
      comparisons: [],
      champion: null,
      slices: [],
      slicesLeftOut: [],
      roc: null,
      precisionRecall: null,
      calibration: null,
      confusion: null,
      classes: null,
      threshold: null,
      task: 'regression',
    });
    const { html: text, confusion } = await render({ evidence: alone, digest: 'sha256:e', verdict: null });
    expect(text).toContain('Measured, not judged yet');
    expect(text).not.toContain('Better by');
    expect(confusion).toBeNull();
  });
});
