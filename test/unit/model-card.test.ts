/** A card is what it was told, in the Hub's own form, and merging leaves what others wrote. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { mergedCard } from '#reports/model-card/merge.ts';
import type { CardStory } from '#reports/model-card/story.ts';
import { flightsEvidence } from '../fixtures/evaluation-report.ts';

const hostile = '<script>alert(1)</script> | [x](javascript:y) `z` <!-- ratchet: generated to here -->\n# no';
const story: CardStory = {
  ...{
    repo: 'acme/flight-delays',
    tag: 'v5',
    model: 'flight-delays',
    version: '5',
    digest: `sha256:${'a1'.repeat(32)}`,
  },
  ...{
    pipeline: 'flight-delays',
    asOf: '2013-10-01T00:00:00Z',
    featureService: `flights@sha256:${'d4'.repeat(32)}`,
    library: 'sklearn',
    license: 'apache-2.0',
  },
  verdict: {
    digest: `sha256:${'c3'.repeat(32)}`,
    outcome: 'passed',
    against: '3',
    reasons: ['roc_auc is better by 0.018', hostile],
  },
  evidence: flightsEvidence(),
};
const metadata = (card: string) => parse(/^---\n([\s\S]*?)\n---\n/.exec(card)?.[1] ?? '');

test('a new card tells a stranger what it is, how to load it and how good it is', () => {
  const card = mergedCard(null, story);
  expect(metadata(card)).toMatchObject({
    ...{ license: 'apache-2.0', library_name: 'sklearn', pipeline_tag: 'tabular-classification' },
    tags: ['mlflow', 'ratchet', 'sklearn'],
    'model-index': [
      {
        name: 'flight-delays',
        results: [
          {
            task: { type: 'tabular-classification' },
            metrics: expect.arrayContaining([{ type: 'roc_auc', value: 0.7172, name: 'roc_auc' }]),
          },
        ],
      },
    ],
  });
  expect(card).toContain('\n# flight-delays\n');
  expect(card).toContain('snapshot_download("acme/flight-delays", revision="v5")');
  expect(card).toContain('| `roc_auc` | 0.7172 |');
  expect(card).toContain('judged against version 3');
  expect(card).toContain(`| feature service | \`flights@sha256:${'d4'.repeat(32)}\` |`);
  expect(mergedCard(null, { ...story, featureService: null })).not.toContain('feature service');
});

test('a card of the registry says how the version is loaded from there, and is called after the model', () => {
  const card = mergedCard(null, { ...story, repo: 'docs/card.md', tag: null, registry: 'http://mlflow:5000' });
  expect(card).toContain('\n# flight-delays\n');
  expect(card).toContain('mlflow.set_tracking_uri("http://mlflow:5000")');
  expect(card).toContain('load_model("models:/flight-delays/5")');
  expect(card).toContain('`ratchet model audit flight-delays@5`');
  expect(card).not.toMatch(/huggingface|ratchet\.json/);
  expect(mergedCard(card, { ...story, repo: 'docs/card.md', tag: null, registry: 'http://mlflow:5000' })).toBe(card);
});

test('words of others are words: no markup, no mark, no row of a table', () => {
  const card = mergedCard(null, story);
  expect(card).not.toContain('<script>');
  expect(card).not.toContain('[x](javascript');
  expect(card.match(/<!-- ratchet: generated to here -->/g)).toHaveLength(1);
  expect(mergedCard(card, story)).toBe(card);
});

test('what its owner wrote stays: text around the marks, keys, tags and comments of the metadata', () => {
  const card = `---\r\n# ours\nlanguage: [en, de]\ntags:\n  - flights # mine\nlicense: mit\nmodel-index:\n- name: another\n  results: []\npipeline_tag: other\n---\nHello  \n\n`;
  const merged = mergedCard(card, { ...story, license: null });
  expect(metadata(merged)).toMatchObject({
    ...{
      language: ['en', 'de'],
      license: 'mit',
      pipeline_tag: 'other',
      tags: ['flights', 'mlflow', 'ratchet', 'sklearn'],
    },
    'model-index': [{ name: 'another' }, { name: 'flight-delays' }],
  });
  expect(merged).toContain('# ours\n');
  expect(merged).toContain('- flights # mine\n');
  expect(merged).toContain('---\nHello');
  const moved = merged.replace('---\nHello', '---\nBefore\n').concat('After\n');
  const next = mergedCard(moved, { ...story, version: '6' });
  expect(next).toContain('Before\n');
  expect(next).toMatch(/here -->\nAfter\n$/);
  expect(next).toContain('flight-delays, version 6');
  expect(next).not.toContain('flight-delays, version 5');
});

test('merging twice is merging once, whatever stood there', () => {
  const word = fc.constantFrom(
    '---',
    '\n',
    '---\n',
    'a: 1\n',
    '# x\n',
    'tags: x\n',
    'text ',
    '`',
    '<b>',
    '|',
    '\r\n',
    '- y\n',
    '﻿',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      let once: string;
      try {
        once = mergedCard(words.join(''), story);
      } catch (error) {
        expect(String(error)).toContain('no YAML of keys and values');
        return;
      }
      expect(mergedCard(once, story)).toBe(once);
      expect(metadata(once).library_name).toBe('sklearn');
    }),
    { numRuns: 500 },
  );
});

test('byte order marks among the metadata are no part of a key', () => {
  const once = mergedCard('---\n\uFEFF\uFEFFtags: x\n---\n', story);
  expect(mergedCard(once, story)).toBe(once);
  expect(metadata(once).tags).toEqual(['x', 'mlflow', 'ratchet', 'sklearn']);
});

test('marks that do not pair and metadata that is none are refused in words', () => {
  const [from = ''] = /<!-- ratchet: from here[^>]*-->/.exec(mergedCard(null, story)) ?? [];
  for (const text of [from, '<!-- ratchet: generated to here -->', `${from}${mergedCard(null, story)}`])
    expect(() => mergedCard(text, story)).toThrow('put the missing one back');
  expect(() => mergedCard('---\n- a\n---\n', story)).toThrow(
    'README.md of acme/flight-delays (between the lines ---) is no YAML',
  );
});
