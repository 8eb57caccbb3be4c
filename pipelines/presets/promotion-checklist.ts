/** The gate's rules as a checklist with safe defaults: what is asked of a model before it is let into production. */
import { describeIssues } from '#contracts/describe-issues.ts';
import type { FairnessAttribute } from '#contracts/fairness.ts';
import { type Floor, GateRules } from '#contracts/gate-rules.ts';
import { callSite } from '../graph/call-site.ts';
import { definitionError, shownValue } from '../graph/definition-error.ts';

/** Of intervals that floors and groups are judged by. */
const CONFIDENCE = 0.95;
/** The rules of other processes and of robustness take their place here, each with what is asked of a model that says nothing else. */
const DEFAULTS = {
  slices: { maxDrop: 0.05 },
  signature: 'compatible',
  stability: { changed: 0.25 },
  fairness: { maxDifference: 0.1, confidence: CONFIDENCE },
} as const;

/**
 * What {@link promotionChecklist} is told: any rule of the gate, which is taken as it is written, and what its defaults need to know.
 * @example
 * ```ts
 * const options: PromotionChecklist = { metric: 'roc_auc', minimumEffect: 0.002, sliced: true, attributes: ['sex'] };
 * ```
 */
export interface PromotionChecklist extends Omit<GateRules, 'floors'> {
  /** As in the rules; a number is kept with 95 % confidence: `0.6` is `{ limit: 0.6, confidence: 0.95 }`. */
  floors?: Record<string, Floor>;
  /** Default binary. A regression has no classes that could change, nor groups with rates. */
  task?: 'binary' | 'regression' | 'multiclass';
  /** Slices are measured: the candidate's metric may lie at most 0.05 below the champion's on any of them. */
  sliced?: boolean;
  /** Columns, or several whose values together make groups, that are to be treated alike: equal opportunity (of several classes accuracy) within 0.1. */
  attributes?: readonly FairnessAttribute[];
  /** Defaults that are not asked for. */
  without?: readonly ('signature' | 'stability')[];
}

/**
 * Rules for a gate, as a checklist before a promotion: performance (better than the champion, floors surely kept, nowhere worse,
 * nearly all rows scored), fairness by the attributes that are named, a signature that the champion's clients can go on with, and no more
 * than a quarter of the predictions changed. A rule that is given is taken instead of its default. Throws UserError InvalidPipeline
 * for rules that contradict each other.
 * @example
 * ```ts
 * const rules = promotionChecklist({ metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 }, sliced: true });
 * ```
 */
export function promotionChecklist(options: PromotionChecklist): GateRules {
  const at = callSite(promotionChecklist);
  const { task = 'binary', sliced = false, attributes = [], without = [], floors = {}, ...given } = options;
  const classes = task !== 'regression';
  if (!classes && attributes.length > 0)
    throw definitionError(
      at,
      `promotionChecklist of a regression names attributes (${shownValue(attributes)}), and groups are compared by rates of classes: leave them out, or measure their columns as slices (sliced: true).`,
    );
  const asked = {
    ...(sliced ? { slices: { metric: options.metric, ...DEFAULTS.slices } } : {}),
    ...(without.includes('signature') ? {} : { signature: DEFAULTS.signature }),
    ...(without.includes('stability') || !classes ? {} : { stability: DEFAULTS.stability }),
    ...(attributes.length > 0 ? { fairness: attributes.map((attribute) => alike(attribute, task)) } : {}),
    floors: Object.fromEntries(Object.entries(floors).map(([metric, floor]) => [metric, surely(floor)])),
    ...given,
  };
  const parsed = GateRules.safeParse(asked);
  if (!parsed.success)
    throw definitionError(
      at,
      `the rules of promotionChecklist are wrong: ${describeIssues(parsed.error.issues, asked).join('; ')}. For example promotionChecklist({ metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } }).`,
    );
  return asked;
}

/** Of several classes none is the positive one, so that only accuracy can be alike. */
const alike = (attribute: FairnessAttribute, task: string) => ({
  ...DEFAULTS.fairness,
  attribute,
  criterion: task === 'multiclass' ? ('accuracy_parity' as const) : ('equal_opportunity' as const),
});

const surely = (floor: Floor): Floor => (typeof floor === 'number' ? { limit: floor, confidence: CONFIDENCE } : floor);
