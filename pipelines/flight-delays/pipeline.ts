/**
 * Will this flight arrive more than 15 minutes late? Asked at its scheduled departure, so nothing that is known only
 * later (the real departure, the arrival, the time in the air) may reach the model.
 */
import {
  any,
  codeChange,
  definePipeline,
  drift,
  evaluate,
  FileRef,
  featuresOf,
  featurize,
  gate,
  getHistoricalFeatures,
  newRows,
  performance,
  promote,
  promotionChecklist,
  python,
  register,
  schedule,
  scriptStep,
  train,
  validateData,
} from 'ratchet-ml';
import { z } from 'zod';
import { flightExpectations, planeExpectations, weatherExpectations } from './expectations.ts';
import definitions from './features.ts';
import { tidyFleet } from './fleet.ts';

const fetchTables = scriptStep({
  name: 'fetchTables',
  program: python('fetch.py', { files: ['fetch.py'] }),
  input: z.object({}),
  output: z.object({ flights: FileRef, weather: FileRef, planes: FileRef }),
});

const trainer = python('train.py', { files: ['train.py'] });

/** Known only after the scheduled departure. */
const leakage = ['dep_time', 'dep_delay', 'arr_time', 'arr_delay', 'air_time'];

export default definePipeline({
  name: 'flight-delays',
  model: 'flight-delays',
  description: 'Flights out of New York in 2013: will this one arrive more than 15 minutes late?',
  params: z.object({
    asOf: z.iso.date().default('2013-12-30').describe('The day that the run is made for: it sees nothing later.'),
    rounds: z.number().int().min(30).max(5_000).default(300).describe('Boosting rounds.'),
    learningRate: z.number().positive().max(1).default(0.05).describe('Shrinkage of each round.'),
  }),
  graph: ({ params, champion, run, when }) => {
    const { asOf } = params;
    const tables = run(fetchTables, {});
    const flights = run(
      validateData,
      { source: tables.flights, format: 'csv', expectations: flightExpectations, timeColumn: 'time_hour', asOf },
      { id: 'validateFlights' },
    );
    const weather = run(
      validateData,
      { source: tables.weather, format: 'csv', expectations: weatherExpectations, timeColumn: 'time_hour', asOf },
      { id: 'validateWeather' },
    );
    const planes = run(
      validateData,
      { source: tables.planes, format: 'csv', expectations: planeExpectations },
      { id: 'validatePlanes' },
    );
    const fleet = run(tidyFleet, { planes: tables.planes }, { after: [planes] });

    const known = run(getHistoricalFeatures, {
      entities: flights.snapshot,
      time: 'time_hour',
      ...featuresOf(definitions, { service: 'flights' }),
      sources: { weather: weather.snapshot, fleet: fleet.fleet, carrier_delays: flights.snapshot },
    });
    const features = run(featurize, {
      data: known.features,
      time: 'time_hour',
      where: 'arr_delay IS NOT NULL',
      derive: {
        late: 'CAST(arr_delay > 15 AS INTEGER)',
        weekday: "CAST(date_part('isodow', time_hour) AS INTEGER)",
        arrival_hour: 'sched_arr_time // 100',
        manufacturer: "coalesce(maker, 'UNKNOWN')",
      },
      select: [
        ...['carrier', 'origin', 'dest', 'manufacturer', 'distance', 'hour', 'minute', 'arrival_hour', 'weekday'],
        ...['temp', 'dewp', 'humid', 'wind_dir', 'wind_speed', 'wind_gust', 'precip', 'pressure', 'visib'],
        ...['plane_age', 'plane_seats', 'delay_trend', 'late'],
      ],
      leakage,
      target: 'late',
      split: { by: 'time', asOf, train: '90d', holdout: '21d' },
    });

    const candidate = run(train, {
      features: features.train,
      trainer,
      target: 'late',
      params: { rounds: params.rounds, learning_rate: params.learningRate },
    });
    const report = run(evaluate, {
      candidate: candidate.model,
      champion,
      holdout: features.holdout,
      target: 'late',
      task: 'binary',
      slices: ['origin', 'carrier'],
      // Runs may come weekly, and rows of three weeks: those that an earlier verdict used decide nothing.
      fresh: true,
      // By days, which is what evaluate does where the times of the rows are known: a storm delays all flights of its day.
      // On fewer rows a carrier's AUC is mostly noise, and noise must not refuse a good model.
      minimumSliceRows: 500,
    });
    const verdict = run(gate, {
      report: report.evidence,
      rules: promotionChecklist({
        metric: 'roc_auc',
        minimumEffect: 0.002,
        // Who plans crews by it has no use for a ranking below this; by days three weeks say it to about ±0.04.
        floors: { roc_auc: { limit: 0.64, confidence: 0.9 } },
        sliced: true,
        holdout: 'fresh',
      }),
    });
    const live = when(verdict.passed, () => {
      const version = run(register, {
        candidate: candidate.model,
        verdict: verdict.record,
        description: 'Flights out of New York: late by more than 15 minutes?',
      });
      return run(promote, { version: version.ref });
    });
    return {
      verdict: verdict.record,
      trainedOn: features.train,
      metrics: candidate.metrics,
      champion: live.champion,
    };
  },
  // No `watch`: rows, drift and performance of 2013 are told over the gateway. flights-monthly watches its own.
  triggers: any(
    schedule('0 2 * * 1', { timezone: 'America/New_York' }),
    newRows({ atLeast: 20_000 }),
    drift({ share: 0.3 }),
    performance({ metric: 'roc_auc', below: 0.65 }),
    codeChange({ paths: ['pipelines/flight-delays/**'] }),
  ),
});
