// The import table of docs/architecture.md as rules. Each has a committed violation under test/import-rules/ that
// proves that it can fail; test/unit/import-rules.test.ts runs both.
const ext = 'node_modules';
const rule = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });
const only = (...allowed) => ({ pathNot: allowed });
const ours =
  '^(contracts|decisions|expectations|features|workflows|activities|measures|reports|records|ports|adapters|pipelines|stack|workers|gateway|serving|cli|test)/';

/** The outside packages that a room may import, as alternatives of a pattern: an outside system has one importer. Rooms that are not here have rules of their own. */
const packages = {
  measures: 'zod|@stdlib/[^/]+|pure-rand',
  reports: 'vega|vega-lite|yaml',
  records: 'zod',
  activities: 'zod|@temporalio/(activity|common)|saxes',
  'adapters/duckdb': '@duckdb/[^/]+',
  'adapters/dvc': 'zod|yaml|ini|ignore|smol-toml',
  'adapters/feast': 'zod',
  'adapters/hugging-face': 'zod|@huggingface/hub',
  'adapters/lmdb': 'lmdb',
  'adapters/mlflow': 'zod|ky',
  'adapters/postgres': 'pg|pg-copy-streams',
  'adapters/process': 'zod',
  'adapters/redis': 'ioredis',
  'adapters/s3': '@aws-sdk/[^/]+',
  'adapters/temporal': 'zod|@temporalio/(client|common|envconfig|worker)',
  stack: 'zod|@temporalio/envconfig',
  workers: 'zod|@temporalio/(client|envconfig|worker)|esbuild|pino|ratchet-ml|tinyglobby',
  gateway: 'zod|@temporalio/client|@hono/node-server|hono|pino|rate-limiter-flexible',
  serving: 'zod|@hono/node-server|hono|pino|prom-client',
  cli: 'zod|@temporalio/(client|common)|cli-table3|commander|log-update|picocolors|ratchet-ml|tinyglobby|tsx|typescript',
};
const packageRule = ([room, allowed]) =>
  rule(
    `packages-of-${room.replace('/', '-')}`,
    `what ${room}/ may import of outside packages`,
    { path: `^${room}/` },
    { path: `${ext}/`, pathNot: `${ext}/(${allowed})/` },
  );

module.exports = {
  forbidden: [
    rule('no-cycles', 'a cycle hides the direction in which data flows', {}, { circular: true }),
    rule(
      'contracts-are-leaves',
      'both sides of the workflow sandbox share them: zod and definitions only',
      { path: '^contracts/' },
      only('^contracts/', `${ext}/zod/`, `${ext}/@temporalio/(common|workflow)/`),
    ),
    rule(
      'only-messages-touch-the-workflow-sdk',
      'one place defines signals, queries and updates',
      { path: '^contracts/', pathNot: '^contracts/messages\\.ts$' },
      { path: `${ext}/@temporalio/workflow/` },
    ),
    rule(
      'decisions-are-pure',
      'a decision is a function of recorded figures: no clock, no I/O, no SDK; special functions are figures of figures',
      { path: '^decisions/' },
      only('^decisions/', '^contracts/(?!messages)', `${ext}/@stdlib/math-base-special-[^/]+/`),
    ),
    rule(
      'expectations-are-a-language',
      'how expectations are written, as data: contracts and zod, for those who write, ask and judge',
      { path: '^expectations/' },
      only('^expectations/', '^contracts/(?!messages)', `${ext}/zod/`),
    ),
    rule(
      'features-are-definitions',
      'what a feature means is data and pure functions, for history and for requests alike: contracts, zod and a digest',
      { path: '^features/' },
      only('^features/', '^contracts/(?!messages)', `${ext}/zod/`, '^(node:)?crypto$'),
    ),
    rule(
      'workflows-stay-in-the-sandbox',
      'values come from workflows, contracts, zod and the workflow SDK only',
      { path: '^workflows/' },
      {
        pathNot: ['^workflows/', '^contracts/', `${ext}/zod/`, `${ext}/@temporalio/(workflow|common)/`],
        dependencyTypesNot: ['type-only'],
      },
    ),
    rule(
      'workflows-never-name-activities',
      'not even as types: contracts/activities.ts is what they know of the outside',
      { path: '^workflows/' },
      { path: ours, pathNot: ['^workflows/', '^contracts/', '^decisions/'] },
    ),
    rule(
      'activities-see-ports-not-systems',
      'systems are injected behind ports',
      { path: '^activities/' },
      { path: '^(workflows|adapters|stack|workers|pipelines|gateway|serving|cli|test)/' },
    ),
    rule(
      'measures-are-computed',
      'figures of data and predictions, for stages and commands alike: nothing of a run, no page',
      { path: '^measures/' },
      { path: ours, pathNot: ['^measures/', '^contracts/', '^decisions/', '^expectations/', '^ports/'] },
    ),
    rule(
      'reports-show-figures',
      'a page is a function of what was measured, decided or recorded',
      { path: '^reports/' },
      { path: ours, pathNot: ['^(reports|measures|records|contracts|decisions)/'] },
    ),
    rule(
      'records-outlive-histories',
      'what is written once and read for years: a schema, a key and a store',
      { path: '^records/' },
      { path: ours, pathNot: ['^(records|contracts|decisions|features|ports)/'] },
    ),
    rule(
      'ports-are-known-by-type',
      'who asks of an outside system does not choose it',
      { path: '^(measures|reports|records)/' },
      { path: '^ports/', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'ports-are-leaves',
      'what is asked of an outside system is types and contracts: nobody who answers or asks',
      { path: '^ports/' },
      only('^ports/', '^contracts/', '^expectations/', '^features/'),
    ),
    rule(
      'adapters-do-not-know-each-other',
      'one folder, one outside system',
      { path: '^adapters/([^/]+)/' },
      { path: '^adapters/([^/]+)/', pathNot: '^adapters/$1/' },
    ),
    rule(
      'adapters-see-ports-and-contracts',
      'an adapter implements a port and knows nobody else',
      { path: '^adapters/' },
      { path: ours, pathNot: ['^adapters/', '^ports/', '^contracts/', '^expectations/', '^features/'] },
    ),
    rule(
      'pipelines-see-the-public-contract',
      'the authoring surface is data and types',
      {
        path: '^pipelines/[^/]+\\.ts$|^pipelines/(graph|presets|testing)/',
        pathNot: '^pipelines/(client|testing)\\.ts$',
      },
      { path: ours, pathNot: ['^pipelines/', '^contracts/', '^decisions/', '^expectations/', '^features/'] },
    ),
    rule(
      'packages-of-pipelines',
      'what the authoring surface may import of outside packages',
      { path: '^pipelines/[^/]+\\.ts$|^pipelines/(graph|presets|testing)/' },
      { path: `${ext}/`, pathNot: `${ext}/(zod|@temporalio/(client|common|testing|worker)|error-stack-parser-es)/` },
    ),
    ...Object.entries(packages).map(packageRule),
    rule(
      'examples-use-the-front-door',
      'a pipeline of ours imports what a user can import: ratchet-ml',
      { path: '^pipelines/(?!graph/|presets/|testing/)[^/]+/' },
      {
        path: [
          '^pipelines/(?!index\\.ts$)[^/]+\\.ts$',
          '^pipelines/(graph|presets|testing)/',
          '^(contracts|decisions|expectations|features|workflows|activities|measures|reports|records|ports|adapters|stack|workers|gateway|serving|cli|test)/',
        ],
      },
    ),
    rule(
      'examples-are-users',
      'an example has what a user has: the entry points of the package, and packages',
      { path: '^examples/' },
      only(
        '^examples/',
        '^(pipelines/(index|client|testing)|workflows/steps-of)\\.ts$',
        `${ext}/(zod|@temporalio/(client|testing))/`,
        '^(node:)?(fs|path|timers)(/promises)?$',
      ),
    ),
    rule(
      'workflows-are-loaded-by-path',
      'the bundle runs them, no process imports them',
      { path: ours, pathNot: '^(workflows|test)/' },
      { path: '^workflows/', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'the-stack-is-servers',
      'servers are installed, started and reached: nothing of a run, a pipeline or a model',
      { path: '^stack/' },
      { path: ours, pathNot: ['^(stack|contracts|adapters)/'] },
    ),
    rule(
      'serving-is-given-its-store',
      'what is asked of an online store is a port: the feature server does not choose one, and shares the guards of the gateway',
      { path: '^serving/' },
      {
        path: ours,
        pathNot: [
          '^(serving|features|ports|contracts)/',
          '^gateway/(access|guard)/',
          '^gateway/(listen-address|problem)\\.ts$',
        ],
      },
    ),
    rule(
      'nobody-imports-entry-points',
      'workers, gateway, serving and cli are entry points, the stack is what they start or reach',
      { path: ours, pathNot: '^(stack|workers|gateway|serving|cli|test)/' },
      { path: '^(stack|workers|gateway|serving|cli)/' },
    ),
    rule('nobody-imports-tests', 'tests are leaves', { pathNot: '^test/' }, { path: '^test/' }),
    rule(
      'no-junk-drawers',
      'name the thing, not the drawer',
      {},
      { path: '(^|/)(utils?|helpers?|common|misc|shared|lib)(/|\\.ts$)', pathNot: ext },
    ),
  ],
  options: {
    doNotFollow: { path: ext },
    exclude: { path: '(^|/)(dist|\\.ratchet)/|^test/import-rules/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
