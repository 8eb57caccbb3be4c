import { expect } from 'ratchet-ml';

export default [
  expect.rowCount({ min: 3 }),
  expect.column('id').unique(),
  expect.column('age').notNull({ mostly: 0.75 }),
  expect.column('age').between(18, 120).quarantine(), // bad rows are set aside, the run goes on
  expect.column('plan').oneOf(['free', 'paid']),
  expect.column('email').matches('@').warn(), // reported, and no more
];
