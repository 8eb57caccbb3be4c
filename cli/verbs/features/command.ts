import type { Verb } from '../../kit/verb.ts';
import { featuresGet } from './get.ts';
import { featuresPush } from './push.ts';
import { featuresServe } from './serve.ts';

export const features: Verb = (program) => {
  const command = program
    .command('features')
    .summary('serve, read and push online features')
    .description('The definitions of features.ts: one meaning for training and for serving.');
  for (const verb of [featuresServe, featuresGet, featuresPush]) verb(command);
};
