/** What a Feast repository defines becomes definitions that mean the same, whatever its texts hold; what has no like is named. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FeastRepository, type FeastView } from '#adapters/feast/repository.ts';
import { carryOver } from '../../../cli/verbs/features/import/carry-over.ts';
import { definitionsText } from '../../../cli/verbs/features/import/definitions-text.ts';
import { readDefinitions } from '../../../cli/verbs/features/read-definitions.ts';
import { makeProject, type Project } from '../../fixtures/project.ts';

let project: Project;
beforeAll(async () => {
  project = await makeProject({});
});
afterAll(() => project.remove());

const about = { description: '', owner: '', tags: {} };
const field = (name: string, type: string) => ({ name, type, description: '' });
const view = (more: Partial<FeastView> = {}): FeastView => ({
  ...about,
  name: 'stats',
  kind: 'FeatureView',
  transformed: false,
  entities: ['driver'],
  keys: [field('driver_id', 'INT64')],
  features: [field('rate', 'FLOAT'), field('trips', 'INT32'), field('seen', 'UNIX_TIMESTAMP')],
  ttl: 86_400,
  online: true,
  source: {
    kind: 'FileSource',
    path: 'data/stats.parquet',
    table: null,
    query: null,
    format: null,
    endpoint: null,
    timestamp: 'event_timestamp',
    created: null,
    columns: [],
  },
  stream: null,
  ...more,
});
const repository = (more: Partial<FeastRepository> = {}): FeastRepository =>
  FeastRepository.parse({
    feast: '0.67.0',
    project: 'p',
    inference: null,
    entities: [{ ...about, name: 'driver', key: 'driver_id', type: 'UNKNOWN' }],
    views: [view()],
    functions: [],
    services: [],
    others: [],
    ...more,
  });
const places = { from: '/home/feast', to: '/home/ours', isFolder: (path: string) => path.endsWith('/folder') };
const carried = (more: Partial<FeastRepository>) => carryOver(repository(more), places);
const source = (more: Partial<NonNullable<FeastView['source']>>): FeastView['source'] => ({
  ...(view().source as NonNullable<FeastView['source']>),
  ...more,
});

let written = 0;
async function defined(from: FeastRepository) {
  written += 1;
  const what = carryOver(from, places);
  await project.write({ [`features-${written}.ts`]: definitionsText(what, from.project) });
  return { what, document: (await readDefinitions(`${project.root}/features-${written}.ts`)).document };
}

test('a view comes with its types, its ttl, its path and when a row is known', async () => {
  const { document } = await defined(
    repository({ views: [view({ source: source({ created: 'written', columns: [['r', 'rate']] }) })] }),
  );
  expect(document.entities).toMatchObject([{ name: 'driver', joinKeys: { driver_id: 'int64' } }]);
  expect(document.views).toMatchObject([
    {
      name: 'stats',
      source: { path: '../feast/data/stats.parquet' },
      timestamp: 'event_timestamp',
      created: 'written',
      availableAfter: '0s',
      ttl: '1d',
      features: {
        rate: { type: 'float64', column: 'r' },
        trips: { type: 'int64', column: 'trips' },
        seen: { type: 'timestamp', column: 'seen' },
      },
    },
  ]);
});

test.each([
  [0, undefined],
  [90, '90s'],
  [5_400, '90m'],
  [36_500 * 86_400, '36500d'],
  [0.5, '0.5s'],
])('a ttl of %d seconds is %s', (ttl, written) => {
  expect(carried({ views: [view({ ttl })] }).views[0]?.ttl).toBe(written);
});

test.each([
  ['/data/x.parquet', '/data/x.parquet'],
  ['s3://bucket/x.parquet', 's3://bucket/x.parquet'],
  ['rows/folder', '../feast/rows/folder/**/*.parquet'],
  ['data/x', { path: '../feast/data/x', format: 'parquet' }],
])('the path %s', (path, ours) => {
  expect(carried({ views: [view({ source: source({ path }) })] }).views[0]?.source).toEqual(ours);
});

test.each<[string, Partial<FeastView>, RegExp]>([
  ['another source', { source: source({ kind: 'BigQuerySource' }) }, /BigQuerySource/],
  ['no source', { source: null }, /no batch source/],
  ['another format', { source: source({ format: 'DeltaFormat' }) }, /DeltaFormat/],
  ['another place', { source: source({ path: 'gs://b/x.parquet' }) }, /gs:\/\/b/],
  ['a transformation', { transformed: true, kind: 'BatchFeatureView' }, /BatchFeatureView with a transformation/],
  ['no entity', { entities: ['__dummy'] }, /no entity/],
  ['an unknown entity', { entities: ['car'] }, /car is not carried over/],
  ['a name that is none', { name: 'a__b' }, /single "_"/],
  ['no feature of a type of ours', { features: [field('m', 'MAP')] }, /none of its features/],
])('a view with %s is left out, with the reason', (_what, more, why) => {
  const { views, leftOut } = carried({ views: [view(more)] });
  expect(views).toEqual([]);
  expect(leftOut.map((each) => `${each.what}: ${each.why}`).join('\n')).toMatch(why);
});

test.each([
  [{ query: "SELECT * FROM a WHERE b = 'c'" }, { query: "SELECT * FROM a WHERE b = 'c'" }],
  [{ table: 'shop.stats' }, { table: 'shop.stats' }],
  [{ table: '"Shop of mine".stats' }, { query: 'SELECT * FROM "Shop of mine".stats' }],
])('a source of PostgreSQL stays one: %j', async (given, postgres) => {
  const { document } = await defined(
    repository({ views: [view({ source: source({ kind: 'PostgreSQLSource', path: null, ...given }) })] }),
  );
  expect(document.views[0]?.source).toEqual({ postgres: { connection: 'RATCHET_POSTGRES', ...postgres } });
});

test('a service names what is there; functions stand in the file, commented out', async () => {
  const text = 'def f(x):\n  return x  # \u2028 process.exit(1)\r\n*/ process.exit(1)';
  const { what, document } = await defined(
    repository({
      functions: [
        {
          ...about,
          name: 'f',
          mode: 'pandas',
          text,
          inputs: [{ view: 'stats', features: ['rate', 'gone'] }],
          request: [field('amount', 'DOUBLE')],
          outputs: [field('twice', 'DOUBLE')],
        },
      ],
      services: [
        {
          ...about,
          name: 's',
          features: [
            { view: 'stats', alias: null, keys: {}, features: ['rate', 'gone'] },
            { view: 'f', alias: null, keys: {}, features: ['twice'] },
          ],
        },
        { ...about, name: 'empty', features: [{ view: 'gone', alias: null, keys: {}, features: ['x'] }] },
        {
          ...about,
          name: 'joined',
          features: [{ view: 'stats', alias: null, keys: { driver_id: 'other' }, features: ['rate'] }],
        },
      ],
    }),
  );
  expect(document.services.map(({ name, features }) => [name, features])).toEqual([['s', ['stats:rate']]]);
  expect(what.functions[0]).toMatchObject({ inputs: [{ view: 'stats', feature: 'rate' }], services: ['s'] });
  expect(what.leftOut.map((each) => each.what)).toEqual([
    'the on-demand view f',
    'the service empty',
    'the service joined: stats',
    'the service joined',
  ]);
});

test('whatever texts hold, the module says them again', async () => {
  const anything = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
  const seed = Date.now() % 2 ** 31;
  const sampled = fc.sample(
    fc.record({
      description: anything,
      owner: anything,
      tags: fc.dictionary(anything, anything, { maxKeys: 3 }),
      column: anything.filter((name) => !name.includes('\0')),
      stem: fc.constantFrom('class', 'entity', 'await', 'a_b', 'aB', 'featureView', 'x1'),
    }),
    { numRuns: 200, seed },
  );
  const names = ['__proto__', 'constructor', 'toString', "it's", '\u2028'];
  const cases = sampled.map((each, at) => ({ ...each, column: names[at] ?? each.column }));
  const { what, document } = await defined(
    repository({
      project: 'a\nb */',
      views: cases.map(({ description, owner, tags, column, stem }, at) =>
        view({
          name: `${stem}_${at}`,
          description,
          owner,
          tags,
          source: source({ timestamp: column, columns: [[column, 'rate']] }),
        }),
      ),
    }),
  );
  expect(what.views).toHaveLength(cases.length);
  for (const each of what.views)
    expect(
      document.views.find(({ name }) => name === each.name),
      `seed ${seed}`,
    ).toMatchObject({
      description: each.description,
      owner: each.owner,
      tags: each.tags ?? {},
      timestamp: each.timestamp,
      features: { rate: { column: each.timestamp } },
    });
});
