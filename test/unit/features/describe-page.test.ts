import { expect, test } from 'vitest';
import { describePage } from '#reports/features/describe-page.ts';

const hostile = '<script>alert(1)</script>"&\'';

test('whatever definitions and models are called, the page says it and runs nothing', () => {
  const page = describePage({
    name: hostile,
    definitions: [
      {
        kind: 'view',
        facts: [['description', hostile]],
        features: [{ name: 'a', type: 'int64', what: hostile, description: hostile }],
      },
    ],
    sources: [
      {
        ...{
          view: hostile,
          source: hostile,
          ttl: '0',
          rows: 0,
          entities: 0,
          at: '2026-01-01T00:00:00.000Z',
          looked: 0,
        },
        ...{ oldest: null, newest: null, written: null, ageSeconds: null },
      },
    ],
    columns: [],
    usedBy: [hostile],
    models: [{ model: hostile, version: hostile, champion: true, service: hostile }],
  });
  expect(page.match(/<script>/g)).toHaveLength(1);
  expect(page).not.toContain('<script>alert');
  expect(page).toContain('never expires');
  expect(page).toContain('(champion)');
});

test('nothing used, nothing read: the page says so', () => {
  const page = describePage({ name: 'x', definitions: [], sources: [], columns: [], usedBy: [], models: [] });
  expect(page).toContain('Nothing.');
  expect(page).not.toContain('Freshness');
});
