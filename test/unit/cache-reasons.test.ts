/** The words for a miss, and what of an output a hit must still find. */
import { describe, expect, it } from 'vitest';
import { artifactsOf } from '#activities/dispatch/artifacts.ts';
import { differences, partsOf } from '#activities/dispatch/last-key.ts';
import { nodeLog } from '#activities/dispatch/node-log.ts';
import { cacheKey } from '#activities/dispatch/result-cache.ts';
import { UserError } from '#contracts/failures.ts';

describe('why a step missed', () => {
  const before = partsOf('train', 'c1', { data: { uri: 'a' }, rate: 1, depth: 3, seed: 1 });
  it.each([
    ['the code first', 'c2', { data: { uri: 'b' } }, "the step's code changed"],
    ['one field', 'c1', { data: { uri: 'b' }, rate: 1, depth: 3, seed: 1 }, 'input.data changed'],
    [
      'a field that went and one that came',
      'c1',
      { data: { uri: 'a' }, rate: 1, depth: 3, seeds: 1 },
      'input.seed, input.seeds changed',
    ],
    [
      'at most three of many',
      'c1',
      { data: 1, rate: 2, depth: 4, seed: 2 },
      'input.data, input.rate, input.depth and 1 more changed',
    ],
    ['nothing that is known', 'c1', { seed: 1, depth: 3, rate: 1, data: { uri: 'a' } }, 'first time with this input'],
  ])('names %s', (_, code, input, words) => {
    expect(differences(before, partsOf('train', code, input))).toBe(words);
  });
  it('says when there was nothing before, and compares the items of a map by their code alone', () => {
    expect(differences(null, before)).toBe('first time for this node');
    expect(differences(partsOf('fit[0]/train', 'c1', { a: 1 }), partsOf('fit[7]/train', 'c1', { a: 2 }))).toBe(
      'first time with this input',
    );
  });
});

describe('the key of a result', () => {
  const parts = { code: 'c', step: 's', input: { a: 1, b: [1, 2] }, environment: 'dev' };
  it('is the same in whatever order the input was built', () => {
    expect(cacheKey({ ...parts, input: { b: [1, 2], a: 1 } })).toBe(cacheKey(parts));
  });
  it.each([{ code: 'd' }, { step: 't' }, { input: { a: 1, b: [2, 1] } }, { environment: 'prod' }])(
    'differs with %o',
    (other) => {
      expect(cacheKey({ ...parts, ...other })).not.toBe(cacheKey(parts));
    },
  );
});

describe('what a cached output refers to', () => {
  const store = {
    key: (uri: string) => {
      if (!uri.startsWith('s3://mine/')) throw new UserError('InvalidInput', 'not here');
      return uri.slice('s3://mine/'.length);
    },
  };
  it('is every URI of the store, at any depth, once; and every model', () => {
    const model = {
      kind: 'model',
      runId: 'r',
      uri: 'models:/m-1',
      digest: 'sha256:0',
      environment: null,
      trainedOn: null,
    };
    const output = {
      a: { uri: 's3://mine/x' },
      list: ['s3://mine/y', 's3://other/z', 's3://mine/x', 'plain'],
      n: 1,
      none: null,
      model,
    };
    expect(artifactsOf(output, store)).toEqual({ keys: ['x', 'y'], models: [model] });
  });
});

describe('the log of a node', () => {
  it('stays below its folder, whatever a run or a node is called', () => {
    expect(nodeLog('/p', 'run/demo/1', 'fit[3]/train')).toBe('/p/.ratchet/logs/runs/run/demo/1/fit[3]/train.log');
    expect(nodeLog('/p', '../../etc', '..')).toBe('/p/.ratchet/logs/runs/_/_/etc/_.log');
  });
});
