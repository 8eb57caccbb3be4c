/** What `ratchet gate simulate` says, beside worlds whose truth is known: rows of one customer hang together. */
import { describe, expect, it } from 'vitest';
import { GateRules } from '#contracts/gate-rules.ts';
import { type Simulation, type SimulationRequest, simulateGate } from '#measures/evaluation/simulate-gate.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { normals } from '../simulate/watch-world.ts';

const rows = 1_200;
const customers = 60;
const none = { all: false, places: [], windows: [], unknown: [] };

/** A candidate whose error differs from the champion's by what its row's customer makes of it. */
function world(of: (row: number) => number) {
  const draw = normals(11);
  const taste = Array.from({ length: customers }, () => draw());
  const customer = Int32Array.from({ length: rows }, (_, row) => of(row));
  const y = Float64Array.from({ length: rows }, () => draw());
  const errors = Float64Array.from({ length: rows }, () => draw());
  const champion = y.map((value, row) => value + (errors[row] as number));
  const candidate = y.map(
    (value, row) => value + (errors[row] as number) * (1 + 0.4 * (taste[customer[row] as number] as number)),
  );
  const values = Array.from({ length: customers }, (_, c) => `c${c}`);
  const files: Record<string, Record<string, unknown>> = {
    h: { y, customer: { codes: customer, values } },
    a: { value: candidate },
    b: { value: champion },
  };
  const read = (async (file: string, wanted: Record<string, string>) => ({
    rows,
    columns: Object.fromEntries(Object.keys(wanted).map((name) => [name, files[file]?.[name]])),
  })) as unknown as ReadColumns; // what is read depends on `wanted` in a way that only the real reader's type says
  return (more: Partial<SimulationRequest> = {}): Promise<Simulation> =>
    simulateGate(
      {
        ...{ holdout: 'h', target: 'y', task: 'regression', threshold: 0.5 },
        candidate: { file: 'a', rows, value: 'value', label: null, probabilities: null },
        champion: { file: 'b', rows, value: 'value', label: null, probabilities: null },
        seen: { times: null, candidate: none, champion: none },
        rules: GateRules.parse({ metric: 'mae', minimumEffect: 0 }),
        dependence: { by: 'clusters', times: null, groupBy: 'customer', block: null },
        ...{ compareBy: 'bootstrap', rows: null, repetitions: 1_000, power: 0.8 },
        bootstrap: { resamples: 200, confidence: 0.95, seed: 5 },
        ...more,
      },
      read,
    );
}
const simulated = world((row) => row % customers);

describe('a simulated gate', () => {
  it('promotes what is no better at the stated rate where customers are drawn whole, and far more surely finds what is', async () => {
    const { promoted, units, method, rows: drawn } = await simulated();
    expect([units, method, drawn]).toEqual([
      { by: 'clusters', count: customers, length: 'customer' },
      'student-t-by-clusters',
      rows,
    ]);
    // Three standard errors of a thousand draws beside the nominal 2.5 %.
    expect(promoted[0]?.share).toBeLessThan(0.025 + 3 * 0.005);
    const shares = promoted.map(({ share }) => share);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBeGreaterThan(0.95);
  });

  it('says how much less sure rows are that hang together: taken as independent they promise too much', async () => {
    const alone = { by: 'rows', times: null, groupBy: null, block: null } as const;
    const options = { repetitions: 300, compareBy: 't' } as const;
    const [together, apart] = await Promise.all([simulated(options), simulated({ ...options, dependence: alone })]);
    expect(together.standardError / apart.standardError).toBeGreaterThan(1.3);
  });

  it('needs the rows that it says: with so many the power is about what was asked for', async () => {
    const rules = GateRules.parse({ metric: 'mae', minimumEffect: 0.05 });
    const options = { rules, repetitions: 400, compareBy: 't' } as const;
    const { needed } = await simulated(options);
    const twice = needed.find(({ better }) => better === 0.1);
    const { promoted } = await simulated({ ...options, rows: twice?.rows ?? 0 });
    const power = promoted.find(({ better }) => better === 0.1)?.share ?? 0;
    expect(Math.abs(power - 0.8)).toBeLessThan(0.1);
  });

  it('of a model that may be a little worse: at its margin it passes at the stated rate', async () => {
    const rules = GateRules.parse({ metric: 'mae', notWorseThan: 0.1, floors: { mae: 2 } });
    const { promoted, bound } = await simulated({ rules, compareBy: 't' });
    expect([bound, promoted.map(({ better }) => better)]).toEqual([-0.1, [-0.1, 0]]);
    expect(promoted[0]?.share).toBeLessThan(0.025 + 3 * 0.005);
    expect(promoted[1]?.share).toBeGreaterThan(promoted[0]?.share ?? 1);
  });

  it('draws from no fewer than eight customers, and a holdout of fewer is never promoted', async () => {
    await expect(world((row) => row % 5)()).rejects.toThrow(
      'the rows are only 5 clusters of customer: what other holdouts would look like cannot be drawn from fewer than 8',
    );
    const { promoted, units } = await simulated({ rows: 100, repetitions: 50 });
    expect(units.count).toBe(5);
    expect(promoted.map(({ share }) => share)).toEqual([0, 0, 0, 0]);
  });
});
