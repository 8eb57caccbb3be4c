/** What a real Feast 0.67 server answered to 53 requests, and what this one answers: the same, but for what is listed here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestFeatureServer, type TestFeatureServer } from '../../servers/feature-server.ts';

interface Call {
  name: string;
  request: { method: string; path: string; body: unknown };
  response: { status: number; body: unknown; body_is_empty: boolean };
}
interface Answer {
  results: { values: unknown[]; statuses: string[]; event_timestamps: string[] }[];
  metadata: { feature_names: string[] };
}
const golden: { calls: Call[] } = JSON.parse(
  // 9007199254741023 is text here, as everything that JSON.parse would round.
  readFileSync(join(import.meta.dirname, '../../golden/feast_server/feature_server.json'), 'utf8').replace(
    /(?<=[[ ])\d{16,}(?=[\],])/g,
    '"$&"',
  ),
);

/** Not of this server: it writes what is pushed, and says what is there only once it was written. */
const notOffered = new Set([
  ...['before_materialize_not_found', 'materialize', 'materialize_no_ts', 'materialize_bad_view'],
  ...['materialize_incremental', 'openapi_paths'],
]);
/** Feast answers 5xx here, which its own client asks again and again; or drops what it was sent. */
const otherStatus: Record<string, number> = {
  name_collision: 422,
  empty_entities: 200,
  entity_null: 422,
  err_unknown_feature: 422,
  err_missing_entity: 422,
  err_lengths: 422,
  err_bad_feature_ref: 422,
  no_features: 422,
  push_timestamp_feature_as_string_fails: 200,
  push_offline: 422,
  push_partial_columns: 422,
  push_bad_to: 422,
};
/** An older event does not undo a newer one. */
const otherAnswer: Record<string, unknown> = { after_push_older: 5.5 };

/** By name, since Feast's features come in the order of a set. A null is NULL_VALUE here, what is too old OUTSIDE_MAX_AGE. */
function byName({ results, metadata }: Answer, truth: boolean): Record<string, unknown> {
  return Object.fromEntries(
    metadata.feature_names.map((name, index) => {
      const { values = [], statuses = [], event_timestamps = [] } = results[index] ?? {};
      const told = statuses.map((status, row) => {
        if (!truth || status !== 'PRESENT') return status;
        if (/^(driver_expired__)?e[12]$/.test(name)) return 'OUTSIDE_MAX_AGE';
        return values[row] === null ? 'NULL_VALUE' : status;
      });
      return [name, { values, statuses: told, event_timestamps }];
    }),
  );
}

describe('the feature server answers as Feast 0.67 did', () => {
  let server: TestFeatureServer;
  beforeAll(async () => {
    server = await startTestFeatureServer();
  });
  afterAll(() => server.close());

  test('and the golden file is whole', () => expect(golden.calls).toHaveLength(53));

  test.each(golden.calls.filter(({ name }) => !notOffered.has(name)))('$name', async ({ name, request, response }) => {
    const { method, path, body } = request;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(`${server.url}${path}`, {
      method,
      ...(method === 'POST' ? { body: text, headers: { 'content-type': 'application/json' } } : {}),
    });
    expect(answer.status).toBe(otherStatus[name] ?? response.status);
    if (answer.status !== 200 || !path.startsWith('/get-online')) return;
    if (response.status !== 200) return;
    const got = JSON.parse((await answer.text()).replace(/(?<=[[,])\d{16,}(?=[\],])/g, '"$&"')) as Answer;
    if (name in otherAnswer) {
      expect(got.results[1]?.values).toEqual([otherAnswer[name]]);
      return;
    }
    expect(byName(got, false)).toEqual(byName(response.body as Answer, true));
    if (path === '/get-online-features') expect(Object.keys(got.metadata).sort()).toEqual(keysOf(response.body));
  });
});

const keysOf = (body: unknown) => Object.keys((body as Answer).metadata).sort();
