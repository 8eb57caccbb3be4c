import type { Verb } from '../../kit/verb.ts';
import { featuresApply } from './apply.ts';
import { featuresDescribe } from './describe.ts';
import { featuresGet } from './get.ts';
import { featuresHistory } from './history.ts';
import { featuresImport } from './import.ts';
import { featuresLineage } from './lineage.ts';
import { featuresList } from './list.ts';
import { featuresMaterialize } from './materialize.ts';
import { featuresPush } from './push.ts';
import { featuresServe } from './serve.ts';
import { featuresSkew } from './skew.ts';

export const features: Verb = (program) => {
  const command = program
    .command('features')
    .summary('features defined once: apply, list, describe, history, materialize, serve, get, push, skew, import')
    .description('The definitions of features.ts: one meaning for training and for serving.');
  for (const verb of [
    featuresApply,
    featuresList,
    featuresDescribe,
    featuresLineage,
    featuresHistory,
    featuresMaterialize,
    featuresServe,
    featuresGet,
    featuresPush,
    featuresSkew,
    featuresImport,
  ])
    verb(command);
};
