import { any, codeChange, drift, estimatedPerformance, newRows, performance, schedule } from 'ratchet-ml';
import { expect, it } from 'vitest';
import { LoopPolicy } from '#contracts/loop/policy.ts';

import { unheardTriggers } from '#workers/deploy/unheard-triggers.ts';

const unheard = (more: Partial<Parameters<typeof LoopPolicy.parse>[0] & object>) =>
  unheardTriggers(LoopPolicy.parse({ pipeline: 'churn', model: 'churn', ...more }));

const triggers = any(
  newRows({ atLeast: 10 }),
  drift({ share: 0.3 }),
  performance({ metric: 'roc_auc', below: 0.6 }),
  estimatedPerformance({ metric: 'roc_auc', below: 0.6 }),
  codeChange({ paths: ['**'] }),
  schedule('@daily'),
);
const watch = { source: 'data/*.csv', timeColumn: 'at', target: 'left' };

it('has nothing to say where the watch measures what the triggers ask for', () => {
  expect(unheard({ triggers, watch })).toEqual([]);
  expect(unheard({ triggers: any(schedule('@daily'), codeChange({ paths: ['**'] })) })).toEqual([]);
});

it('names the triggers that nobody feeds, and what is missing', () => {
  expect(unheard({ triggers })).toEqual([
    'churn has no `watch` (`watch: {}` of continuousTraining, `watch: { source: … }` of definePipeline): newRows, drift, performance, estimatedPerformance will fire only on what the gateway or a client tells the loop.',
  ]);
  expect(unheard({ triggers, watch: { source: 'data/*.csv' } })[0]).toMatch(
    /no time column.*: drift, performance, estimatedPerformance will/,
  );
  expect(unheard({ triggers, watch: { source: 'data/*.csv', timeColumn: 'at' } })[0]).toMatch(
    /`target`.*: performance will/,
  );
  expect(unheard({ triggers, watch, model: null })[0]).toMatch(/no `model`/);
});

it('names a metric that the watch does not know', () => {
  expect(unheard({ triggers: performance({ metric: 'auc', below: 0.6 }), watch })).toEqual([
    expect.stringMatching(/^churn: the watch does not measure "auc" of a binary task; it measures .*roc_auc/),
  ]);
});
