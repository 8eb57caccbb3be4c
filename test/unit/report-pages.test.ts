import { describe, expect, it } from 'vitest';
import { severity } from '#reports/drift/severity.ts';
import { amount, clipped, moment, percent, span } from '#reports/numbers.ts';
import { reportPages } from '../fixtures/report-pages.ts';
import { hostile } from '../fixtures/reports.ts';

const LIMIT = 2 * 1024 * 1024;
const pages = await reportPages();
const wide = await reportPages(200);
const wider = await reportPages(10_000);

describe.each(Object.keys(pages))('the page of %s', (name) => {
  const text = pages[name] as string;
  it('lets nothing of the data become markup', () => {
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text.match(/<style/g)).toHaveLength(1);
    expect(text).not.toContain('<img');
    expect(text).toContain('&lt;script&gt;');
    expect(text.replaceAll(/http:\/\/www\.w3\.org\/[\w/]+/g, '')).not.toMatch(/https?:\/\//);
  });
  it('says nothing that is no word', () => {
    expect(text.slice(0, text.lastIndexOf('<script'))).not.toMatch(/undefined|\bNaN\b|\[object|Infinity/);
  });
  it('stays below 2 MB for 200 columns, and for 10,000', () => {
    expect(wide[name]?.length).toBeLessThan(LIMIT);
    expect(wider[name]?.length).toBeLessThan(LIMIT);
  });
  it('has a caption for every table and a name for every picture', () => {
    expect(text.match(/<table/g)?.length).toBe(text.match(/<caption/g)?.length);
    for (const [svg] of text.matchAll(/<svg [^>]*>/g)) expect(svg).toMatch(/aria-label="[^"]+"/);
  });
});

it('draws equal results as equal bytes', async () => {
  expect(await reportPages()).toEqual(pages);
});

describe('figures', () => {
  it('are short and never undefined', () => {
    expect(
      [0, 1, 1234.5678, 12_345.6, -0.000_01, 2e12, null, undefined, 'NaN', '-Infinity'].map((each) =>
        amount(each as never),
      ),
    ).toEqual(['0', '1', '1,235', '12,346', '−1.00e−5', '2.00e12', '–', '–', '–', '−∞']);
    expect([0, 0.000_01, 0.005, 0.1127, 0.999_99, 1, Number.NaN].map(percent)).toEqual([
      '0 %',
      '< 0.01 %',
      '0.50 %',
      '11.3 %',
      '99.99 %',
      '100 %',
      '–',
    ]);
    expect(['2013-01-31T00:00:00.000Z', '2013-01-31T10:05:00.000Z', null].map(moment)).toEqual([
      '2013-01-31',
      '2013-01-31 10:05',
      '–',
    ]);
    expect([3600, 90, 26_593_200, 86_400].map(span)).toEqual(['1 hour', '1.5 minutes', '307.8 days', '1 day']);
  });
  it('cut no letter in half', () => {
    for (const text of hostile)
      for (let most = 1; most < 20; most++) expect(clipped(text, most)).not.toMatch(/[\ud800-\udbff]…/);
  });
});

describe('how bad a drift is', () => {
  const of = (value: number | 'NaN', threshold: number, measures: 'p_value' | 'distance', drifted: boolean) =>
    severity({ value, threshold, measures, drifted });
  it('is one at the threshold for every method, and never tells another decision than the check', () => {
    expect(of(0.1, 0.1, 'distance', true)).toBe(1);
    expect(of(0.2, 0.1, 'distance', true)).toBeCloseTo(2);
    expect(of(0.05 ** 2, 0.05, 'p_value', true)).toBeCloseTo(2);
    expect(of(1, 0.05, 'p_value', false)).toBe(0);
    expect(of(0, 0.05, 'p_value', true)).toBeGreaterThan(100);
    expect(of(0.099_999_999, 0.1, 'distance', true)).toBe(1);
    expect(of(0.2, 0.1, 'distance', false)).toBe(1);
    expect(of('NaN', 0.1, 'distance', false)).toBe(0);
    expect(of(0, 0, 'distance', true)).toBe(1);
  });
});
