/**
 * What is known of a flight at its scheduled departure: the same for a training set of last month and for a flight of this moment. Sources are
 * of `data/` for the commands (`ratchet features …`, see the README); a run names its own tables.
 */
import { defineFeatures, entity, feature, featureService, featureView, mean, onDemandFeatures } from 'ratchet-ml';

const airport = entity({ name: 'airport', joinKeys: { origin: 'string' } });
const plane = entity({ name: 'plane', joinKeys: { tailnum: 'string' } });
const carrier = entity({ name: 'carrier', joinKeys: { carrier: 'string' } });

/** By the hour; a station that is silent for longer tells nothing of now. */
const weather = featureView({
  ...{ name: 'weather', entities: [airport], source: 'data/weather.csv', timestamp: 'time_hour', ttl: '6h' },
  features: {
    temp: 'float64',
    dewp: 'float64',
    humid: 'float64',
    wind_dir: 'float64',
    wind_speed: 'float64',
    wind_gust: 'float64',
    precip: 'float64',
    pressure: 'float64',
    visib: 'float64',
  },
});

const fleet = featureView({
  ...{ name: 'fleet', entities: [plane], source: 'data/fleet.csv', timestamp: 'known_at' },
  features: {
    built: { type: 'int64', column: 'year' },
    plane_seats: { type: 'int64', column: 'seats' },
    maker: { type: 'string', column: 'manufacturer' },
  },
});

/** How late the carrier's flights were. A delay is known on arrival: the latest of the year came 33 hours after the hour of its departure. */
const delays = featureView({
  ...{ name: 'carrier_delays', entities: [carrier], source: 'data/flights.csv', timestamp: 'time_hour' },
  availableAfter: '36h',
  columns: { arr_delay: 'int64' },
  features: { delay_7d: mean('arr_delay', '7d'), delay_28d: mean('arr_delay', '28d') },
});

const age = onDemandFeatures({
  name: 'age',
  inputs: { built: feature(fleet, 'built') },
  outputs: { plane_age: 'float64' },
  compute: ({ built }, { at }) => ({ plane_age: built === null ? null : at.getUTCFullYear() - Number(built) }),
});

/** Is the carrier later than it was in the month? In whole minutes: a mean with all its digits names its day, and trees learn days by heart. */
const trend = onDemandFeatures({
  name: 'trend',
  inputs: { week: feature(delays, 'delay_7d'), month: feature(delays, 'delay_28d') },
  outputs: { delay_trend: 'float64' },
  compute: ({ week, month }) => ({ delay_trend: week === null || month === null ? null : Math.round(week - month) }),
});

const flights = featureService({
  name: 'flights',
  features: [
    ...Object.keys(weather.features).map((name) => `weather:${name}`),
    feature(age, 'plane_age'),
    feature(fleet, 'plane_seats'),
    feature(fleet, 'maker'),
    feature(trend, 'delay_trend'),
  ],
});

export default defineFeatures({
  entities: [airport, plane, carrier],
  views: [weather, fleet, delays],
  onDemand: [age, trend],
  services: [flights],
});
