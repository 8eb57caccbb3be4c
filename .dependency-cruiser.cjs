// The import table of docs/architecture.md as rules. Each has a committed violation under test/import-rules/ that
// proves that it can fail; test/unit/import-rules.test.ts runs both.
const ext = 'node_modules';
const rule = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });
const only = (...allowed) => ({ pathNot: allowed });

module.exports = {
  forbidden: [
    rule(
      'no-cycles',
      'a cycle hides the direction in which data flows',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
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
      'a decision is a function of recorded figures: no clock, no I/O, no SDK',
      { path: '^decisions/' },
      only('^decisions/', '^contracts/(?!messages)'),
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
      { path: '^(activities|adapters|workers|pipelines|gateway|cli|test)/' },
    ),
    rule(
      'activities-see-ports-not-systems',
      'systems are injected behind ports',
      { path: '^activities/' },
      {
        path: [
          '^(workflows|adapters|workers|pipelines|gateway|cli|test)/',
          `${ext}/@temporalio/(workflow|worker|client|testing)/`,
          `${ext}/(@aws-sdk|@duckdb|ky|ioredis|lmdb)/`,
        ],
      },
    ),
    rule(
      'ports-are-leaves',
      'what is asked of an outside system is types and contracts: nobody who answers or asks',
      { path: '^ports/' },
      only('^ports/', '^contracts/'),
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
      { path: '^(workflows|activities|workers|pipelines|gateway|cli|decisions|test)/' },
    ),
    rule(
      'only-its-adapter-imports-an-sdk',
      'an outside system has one importer',
      { pathNot: '^(adapters|test)/' },
      { path: `${ext}/(@aws-sdk|@duckdb|ky|ioredis|lmdb)/` },
    ),
    rule(
      'only-the-gateway-serves-http',
      'one folder opens a door to strangers',
      { pathNot: '^(gateway|test)/' },
      { path: `${ext}/(hono|@hono)/` },
    ),
    rule(
      'pipelines-see-the-public-contract',
      'the authoring surface is data and types',
      { path: '^pipelines/[^/]+\\.ts$|^pipelines/(graph|presets)/', pathNot: '^pipelines/(client|testing)\\.ts$' },
      { path: '^(workflows|activities|adapters|workers|gateway|cli|test)/' },
    ),
    rule(
      'examples-use-the-front-door',
      'a pipeline of ours imports what a user can import: ratchet-ml',
      { path: '^pipelines/(?!graph/|presets/)[^/]+/' },
      {
        path: [
          '^pipelines/(?!index\\.ts$)[^/]+\\.ts$',
          '^pipelines/(graph|presets)/',
          '^(contracts|decisions|workflows|activities|adapters|workers|gateway|cli|test)/',
        ],
      },
    ),
    rule(
      'workflows-are-loaded-by-path',
      'the bundle runs them, no process imports them',
      { path: '^(workers|gateway|cli|adapters|activities)/' },
      { path: '^workflows/', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'nobody-imports-entry-points',
      'workers, gateway and cli are entry points',
      { path: '^(contracts|decisions|workflows|activities|adapters|pipelines)/' },
      { path: '^(workers|gateway|cli)/' },
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
