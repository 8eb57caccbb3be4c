/** The checklist: what it asks for when it is told nothing, and that what is said is taken as it is. */
import { type PromotionChecklist, promotionChecklist } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { pipelineSource } from '#cli/verbs/init/pipeline-template.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import { placesIn, userError } from './place.ts';

const at = placesIn(import.meta.url);
const least = { metric: 'roc_auc', minimumEffect: 0.002 } as const;

describe('promotionChecklist', () => {
  it('asks what a promotion needs to know, by defaults that are safe', () => {
    const rules = promotionChecklist({
      ...{ ...least, floors: { roc_auc: 0.6, ece: { limit: 0.05, confidence: 0.9 } } },
      ...{ sliced: true, attributes: ['sex', ['sex', 'race']] },
    });
    expect(rules).toEqual({
      ...least,
      floors: { roc_auc: { limit: 0.6, confidence: 0.95 }, ece: { limit: 0.05, confidence: 0.9 } },
      slices: { metric: 'roc_auc', maxDrop: 0.05 },
      signature: 'compatible',
      stability: { changed: 0.25 },
      fairness: [
        { attribute: 'sex', criterion: 'equal_opportunity', maxDifference: 0.1, confidence: 0.95 },
        { attribute: ['sex', 'race'], criterion: 'equal_opportunity', maxDifference: 0.1, confidence: 0.95 },
      ],
    });
    // The rest is a default of the rules themselves.
    expect(GateRules.parse(rules)).toMatchObject({ coverage: 0.99, slices: { level: 0.05 } });
  });

  it.each([
    [
      'a regression has no classes',
      { task: 'regression', metric: 'rmse', minimumEffect: 0 },
      { signature: 'compatible' },
    ],
    [
      'several classes have accuracy alone',
      { task: 'multiclass', attributes: ['sex'] },
      { fairness: [{ criterion: 'accuracy_parity' }] },
    ],
    [
      'what is given is taken',
      { signature: 'identical', stability: { changed: 0.01 } },
      { signature: 'identical', stability: { changed: 0.01 } },
    ],
    [
      'a limit of slices of one’s own',
      { sliced: true, slices: { metric: 'brier', maxDrop: 0.01 } },
      { slices: { metric: 'brier', maxDrop: 0.01 } },
    ],
    [
      'what only its owner can say',
      { latency: { p99: '80ms' }, calibration: { slope: 0.2 } },
      { latency: { p99: '80ms' }, calibration: { slope: 0.2 } },
    ],
    ['fresh rows and looks', { holdout: 'fresh', looks: { most: 3 } }, { holdout: 'fresh', looks: { most: 3 } }],
  ] as [string, Partial<PromotionChecklist>, object][])('%s', (_, more, expected) => {
    expect(promotionChecklist({ ...least, ...more })).toMatchObject(expected);
  });

  it('leaves out what it is told to', () => {
    const { signature, stability } = promotionChecklist({ ...least, without: ['signature', 'stability'] });
    expect([signature, stability]).toEqual([undefined, undefined]);
    expect(promotionChecklist({ metric: 'rmse', minimumEffect: 0, task: 'regression' })).not.toHaveProperty(
      'stability',
    );
  });

  it('says where it was called what cannot be asked', () => {
    const both = () => promotionChecklist({ ...least, notWorseThan: 0.01 }); // both
    expect(userError(both).message).toMatch(
      new RegExp(`^${at('both')}: the rules of promotionChecklist are wrong: .*only one of the two`),
    );
    const groups = () => promotionChecklist({ ...least, task: 'regression', attributes: ['sex'] }); // groups
    expect(userError(groups).message).toMatch(/^.*attributes \(\["sex"\]\).*measure their columns as slices/);
  });

  it.each(['binary', 'multiclass', 'regression'] as const)('is what init writes, of a %s', (task) => {
    const source = pipelineSource({
      ...{ name: 'x', data: 'x.csv', target: 'y', trainer: 'train.py', time: null, task, labelsAfter: null },
    });
    const [, written] = /promotionChecklist\((\{ .* \})\)/.exec(source) ?? [];
    // The text is code of ours, of literals alone.
    const options = new Function(`return ${written}`)() as PromotionChecklist;
    expect(GateRules.safeParse(promotionChecklist(options)).success).toBe(true);
    expect(options.task ?? 'binary').toBe(task);
  });
});
