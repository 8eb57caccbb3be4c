/** The stages, in the order that data flows. */
import { checkSkew } from './check-skew.ts';
import { evaluate } from './evaluate.ts';
import { featurize } from './featurize.ts';
import { gate } from './gate.ts';
import { getHistoricalFeatures } from './historical-features.ts';
import { promote } from './promote.ts';
import { publish } from './publish.ts';
import { register } from './register.ts';
import { train } from './train.ts';
import { validateData } from './validate-data.ts';

export const stages = {
  validateData,
  getHistoricalFeatures,
  featurize,
  train,
  evaluate,
  checkSkew,
  gate,
  register,
  promote,
  publish,
};
export type Stages = typeof stages;
export type StageName = keyof Stages;
export { checkSkew, evaluate, featurize, gate, getHistoricalFeatures, promote, publish, register, train, validateData };
