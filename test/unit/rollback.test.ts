import { expect, it } from 'vitest';
import { rollbackProblem } from '#cli/verbs/rollback/roll-back.ts';

const asked = { model: 'delays', to: undefined, environment: 'dev', versions: ['1', '2'] };

it.each([
  ['a model that nobody has', { versions: [] }, /no version of a registered model "delays"/],
  ['a version that is not there', { to: '3' }, /delays has no version 3: it has 1, 2\./],
  ["another environment's model", { environment: 'prod' }, /no model of the environment "prod".*rollback prod-delays/],
])('%s is refused before anything is started', (_, more, words) => {
  expect(rollbackProblem({ ...asked, ...more })).toMatch(words);
});
it.each([{}, { to: '1' }, { environment: 'prod', model: 'prod-delays' }])('%o may be asked for', (more) => {
  expect(rollbackProblem({ ...asked, ...more })).toBeNull();
});
