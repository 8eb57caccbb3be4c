/** What Prometheus is told: how long answers take, what is found, and how old it is. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Told } from './vectors.ts';

export interface Figures {
  readonly contentType: string;
  text(): Promise<string>;
  readonly told: Told;
  /** @param seconds null: not measured */
  served(route: string, status: number, seconds: number | null): void;
  sampled(outcome: string, vectors: number): void;
}

/** @param materialized seconds since 1970 by view, of those that were */
export function createFigures(materialized: () => Promise<ReadonlyMap<string, number>>): Figures {
  const registers = [new Registry()];
  const requests = new Counter({
    name: 'ratchet_features_requests_total',
    help: 'Requests by route and status.',
    labelNames: ['route', 'status'],
    registers,
  });
  const latency = new Histogram({
    name: 'ratchet_features_request_seconds',
    help: 'From the end of the head to the answer, of requests that were answered as asked.',
    labelNames: ['route'],
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const rows = new Counter({
    name: 'ratchet_features_rows_total',
    help: 'Rows that were asked for, by view: hit, miss (there is none), expired (older than the ttl).',
    labelNames: ['view', 'outcome'],
    registers,
  });
  const age = new Histogram({
    name: 'ratchet_features_age_seconds',
    help: 'Age of the rows that were found, by the time of their event.',
    labelNames: ['view'],
    buckets: [1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000, 31_536_000],
    registers,
  });
  const samples = new Counter({
    name: 'ratchet_features_samples_total',
    help: 'Vectors sampled for skew: kept, dropped (no room), failed (could not be written).',
    labelNames: ['outcome'],
    registers,
  });
  new Gauge({
    name: 'ratchet_features_materialized_timestamp_seconds',
    help: 'When the view was as its source last, in seconds since 1970; none of a view that was never materialised as a whole.',
    labelNames: ['view'],
    registers,
    async collect() {
      for (const [view, at] of await materialized()) this.set({ view }, at);
    },
  });
  const [registry] = registers;
  return {
    contentType: registry?.contentType ?? 'text/plain',
    text: async () => (await registry?.metrics()) ?? '',
    told: (view, counts, ages) => {
      for (const [outcome, count] of Object.entries(counts)) if (count > 0) rows.inc({ view, outcome }, count);
      for (const seconds of ages) age.observe({ view }, seconds);
    },
    served: (route, status, seconds) => {
      requests.inc({ route, status });
      if (seconds !== null) latency.observe({ route }, seconds);
    },
    sampled: (outcome, vectors) => samples.inc({ outcome }, vectors),
  };
}
