import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/setup/longest-first.ts';

/** One project a layer: `npx vitest run --project unit`. What each needs is in CONTRIBUTING.md. */
const layer = (name: string, include: string[], options: object = {}) => ({
  extends: true as const,
  test: { name, include, ...options },
});
/** Limits only end what hangs: no test is to fail because its machine is busy. */
const servers = { globalSetup: ['test/setup/python-environment.ts'], testTimeout: 600_000, hookTimeout: 600_000 };

export default defineConfig({
  test: {
    maxWorkers: 4,
    // Of the tests of one file that say that they can run side by side: they wait together, and do not starve each other.
    maxConcurrency: 3,
    sequence: { sequencer: LongestFirst },
    // Vitest's own limit for a state to come true is one second.
    expect: { poll: { timeout: 60_000, interval: 50 } },
    exclude: ['**/node_modules/**', 'test/import-rules/**'],
    projects: [
      // `isolate: false`: each of the four processes loads what its files import once. A file puts back what it changes.
      layer('unit', ['test/unit/**/*.test.ts'], { testTimeout: 250_000, hookTimeout: 250_000, isolate: false }),
      layer('replay', ['test/replay/**/*.test.ts'], { testTimeout: 120_000 }),
      layer('workflows', ['test/workflows/**/*.test.ts'], { ...servers }),
      layer('integration', ['test/integration/**/*.test.ts'], { ...servers }),
      layer('effects', ['test/effects/**/*.test.ts'], { ...servers }),
      layer('trainers', ['test/trainers/**/*.test.ts'], { ...servers }),
      layer('tables', ['test/tables/**/*.test.ts'], { ...servers, isolate: false }),
      layer('chaos', ['test/chaos/**/*.test.ts'], { ...servers, testTimeout: 600_000, fileParallelism: false }),
      layer('slow', ['test/slow/**/*.test.ts'], { ...servers, testTimeout: 600_000 }),
      layer('fuzz', ['test/fuzz/**/*.test.ts']),
      layer('pages', ['test/pages/**/*.test.ts'], { ...servers, testTimeout: 60_000 }),
      layer('e2e', ['test/e2e/**/*.test.ts'], {
        globalSetup: ['test/setup/python-environment.ts', 'test/e2e/world/start.ts'],
        testTimeout: 600_000,
        hookTimeout: 600_000,
        fileParallelism: false,
      }),
    ],
  },
});
