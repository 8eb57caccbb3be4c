import { describe, expect, it } from 'vitest';
import { CompiledGraph } from '#contracts/compiled.ts';
import { planProblem } from '#workflows/run/interpreter/check.ts';
import { good, preset, stagesWire } from './graph-types.ts';

const values = { champion: null, asOf: '2013-06-17T00:00:00Z' };
const champion = {
  kind: 'champion',
  model: 'bikes',
  version: '7',
  runId: 'r',
  uri: 'models:/bikes/7',
  digest: 'sha256:0',
} as const;

describe('the graphs of the compile test', () => {
  it('compile to plans that the contract and the interpreter accept', () => {
    for (const compiled of [
      good.compile({ months: ['a', 'b'], deep: true }, { ...values, champion }),
      good.compile({}, values),
      stagesWire.compile({}, values),
      preset.compile({ depth: 3 }, values),
    ]) {
      expect(CompiledGraph.parse(compiled)).toEqual(compiled);
      expect(JSON.parse(JSON.stringify(compiled))).toEqual(compiled);
      expect(planProblem(compiled as never)).toBeNull();
    }
  });

  it('follow their params and the champion', () => {
    const ids = (compiled: CompiledGraph) => compiled.nodes.map((node) => node.id);
    const small = ids(good.compile({}, values));
    const large = ids(good.compile({ months: ['a', 'b'], deep: true }, { ...values, champion }));
    expect(large.filter((id) => !small.includes(id))).toEqual(['deep', 'checkData-3', 'checkData-4', 'champion-data']);
  });
});
