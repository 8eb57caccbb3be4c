/** The stages, in the order that data flows. */
import { evaluate } from './evaluate.ts';
import { featurize } from './featurize.ts';
import { gate } from './gate.ts';
import { promote } from './promote.ts';
import { publish } from './publish.ts';
import { register } from './register.ts';
import { train } from './train.ts';
import { validateData } from './validate-data.ts';

export const stages = { validateData, featurize, train, evaluate, gate, register, promote, publish };
export type Stages = typeof stages;
export type StageName = keyof Stages;
export { evaluate, featurize, gate, promote, publish, register, train, validateData };
