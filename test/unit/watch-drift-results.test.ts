import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DriftColumn, DriftResult } from '#contracts/drift.ts';
import { jsonBytes } from '#contracts/json.ts';
import { DriftMeasured } from '#contracts/loop/evidence.ts';
import { judgeTriggers } from '#decisions/retrain/evaluate.ts';
import { noFacts, takenIn } from '#decisions/retrain/facts.ts';
import { driftChecks, driftInBrief, keepDrift, namedColumns } from '#records/drift-results.ts';
import { driftHistoryPage } from '#reports/drift/history-page.ts';
import { createFolderStore, type FolderStore } from '../conformance/folder-store.ts';

let folder: string;
let store: FolderStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-drift-results-'));
  store = createFolderStore(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const side = { rows: 1_000, nulls: 0, infinite: 0, distinct: 900, mean: 0, std: 1, min: -3, max: 3 };
const column = (value: number): DriftColumn => ({
  ...{ method: 'psi', threshold: 0.2, value, drifted: value >= 0.2, measures: 'distance', kind: 'numerical' },
  ...{ exact: true, error: null, reference: side, current: side, distribution: null, notes: [] },
});
function result(columns: Record<string, DriftColumn>): DriftResult {
  const all = Object.values(columns);
  const drifted = all.filter((each) => each.drifted).length;
  return {
    ...{ columns, drifted, share: drifted / all.length, dataset_drift: false, share_threshold: 0.5 },
    ...{ tested: all.length, rows: { reference: 1_000, current: 1_000 }, untested: [], tests: [], notes: [] },
  };
}
/** 3,000 columns with long names, of which 2,000 drifted; the one that somebody asks for is the last of them. */
const wide = result(
  Object.fromEntries(
    Array.from({ length: 3_000 }, (_, i) => [`${'column '.repeat(30)}${i}`, column(i >= 1_000 ? 0.3 : 0.1)]),
  ),
);
const asked = Object.keys(wide.columns).at(-1) as string;
const triggers = { kind: 'drift', column: asked, windows: 1 } as const;

describe('a result that no history could take', () => {
  test('lies whole in the store; the evidence holds its address, its figures and what is asked for', async () => {
    const at = '2026-03-01T00:00:00.000Z';
    expect(jsonBytes(wide)).toBeGreaterThan(1024 * 1024);
    const kept = await keepDrift(store, 'wide', { at, result: wide });
    const evidence = DriftMeasured.parse({
      ...{ id: 'w1', at, share: wide.share, tested: wide.tested, result: kept },
      columns: driftInBrief(wide, namedColumns(triggers)),
    });
    expect(jsonBytes(evidence)).toBeLessThan(24 * 1024);
    expect(evidence.columns.length).toBeGreaterThan(10);
    expect(evidence.columns[0]?.name).toBe(asked);
    // What the loop keeps of it is smaller still, and the trigger sees its column.
    const facts = takenIn(noFacts, { kind: 'driftMeasured', ...evidence }, triggers);
    expect(jsonBytes(facts)).toBeLessThan(8 * 1024);
    expect(judgeTriggers(triggers, facts)).toMatchObject({ holds: true });
    const body = await readFile(join(folder, store.key(kept.uri)), 'utf8');
    expect(`sha256:${createHash('sha256').update(body).digest('hex')}`).toBe(kept.digest);
    expect(Object.keys(JSON.parse(body).result.columns)).toHaveLength(3_000);
    expect(await keepDrift(store, 'wide', { at, result: wide })).toEqual(kept);
  });
});

describe('drift by column over time', () => {
  test('is what was stored, oldest first, and is drawn', async () => {
    const days = ['2026-03-10', '2026-03-02', '2026-03-09'];
    for (const [i, day] of days.entries())
      await keepDrift(store, 'p', {
        at: `${day}T00:00:00.000Z`,
        result: result({ temp: column([0.3, 0.05, 0.25][i] as number), wind: column(0.01) }),
      });
    await keepDrift(store, 'p2', { at: '2026-03-03T00:00:00.000Z', result: result({ other: column(0.9) }) });
    const checks = await driftChecks(store, 'p');
    expect(checks.map(({ at, result }) => [at.slice(8, 10), result.columns.temp?.value])).toEqual([
      ['02', 0.05],
      ['09', 0.25],
      ['10', 0.3],
    ]);
    expect((await driftChecks(store, 'p', 2)).map(({ at }) => at.slice(8, 10))).toEqual(['09', '10']);
    const page = driftHistoryPage('Drift of p', checks);
    expect(page).toContain('temp: drifted in 2 of 3 checks');
    expect(page).toContain('wind: drifted in 0 of 3 checks');
    expect(page).not.toContain('other');
  });
});
