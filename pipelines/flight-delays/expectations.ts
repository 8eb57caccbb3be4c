/** What must hold before a model is trained on these tables. */
import { expect } from 'ratchet-ml';

const airports = ['EWR', 'JFK', 'LGA'];

export const flightExpectations = [
  expect.rowCount({ min: 50_000 }),
  expect.column('time_hour').notNull(),
  expect.column('origin').oneOf(airports),
  expect.column('carrier').matches('^[A-Z0-9]{2}$'),
  expect.column('distance').between(1, 6_000),
  expect.column('dep_delay').between(-60, 1_440, { mostly: 0.999 }),
  // Cancelled flights have no arrival; the year's worst weeks lose about one in ten.
  expect.column('arr_delay').notNull({ mostly: 0.9 }),
  expect.column('tailnum').notNull({ mostly: 0.95 }).warn(),
];

export const weatherExpectations = [
  expect.column('time_hour').notNull(),
  expect.column('origin').oneOf(airports),
  expect.column('temp').between(-20, 115, { mostly: 0.999 }),
  expect.column('visib').between(0, 10),
  expect.column('wind_speed').between(0, 120, { mostly: 0.999 }).warn(),
];

export const planeExpectations = [
  expect.column('tailnum').unique(),
  expect.column('year').between(1950, 2014, { mostly: 0.99 }),
  expect.column('seats').between(1, 500),
];
