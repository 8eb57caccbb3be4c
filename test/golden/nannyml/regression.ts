/** NannyML's direct loss estimation beside ours: LightGBM in Python on both sides, and rows that only the wheel has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { estimatePerformance } from '#measures/performance/estimate-performance.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { createErrorModel } from '#adapters/process/error-model.ts';
import { EstimateOptions } from '#contracts/estimate.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import type { Agreement } from './agreement.ts';
import { compareEstimate } from './performance.ts';

const root = new URL('../../../', import.meta.url).pathname;
const trainers = join(root, 'trainers');

/** @param data folder `nannyml/datasets/data` of the wheel */
export async function compareRegression(data: string): Promise<Agreement[]> {
  const tables = createTablesInProcess();
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-dle-'));
  try {
    const table = async (name: string, side: string) => {
      const to = join(folder, `${name}.parquet`);
      await tables.snapshot({ files: [join(data, `regression_synthetic_${name}.csv`)], format: 'csv', to });
      return { name: side, file: to };
    };
    const lock = join(trainers, 'estimate-requirements.lock');
    const python = async () => (await ensurePythonEnvironment({ root, name: 'estimate', lock })).python;
    const made = await estimatePerformance(
      {
        reference: await table('reference', 'the reference'),
        analysis: await table('analysis', 'the analysis'),
        targets: await table('analysis_targets', 'the targets'),
      },
      EstimateOptions.parse({
        ...{ problem: 'regression', target: 'y_true', prediction: 'y_pred', id: 'id', time: 'timestamp' },
        features: ['car_age', 'km_driven', 'price_new', 'accident_count', 'door_count', 'fuel', 'transmission'],
        chunk: { by: 'size', value: 6000 },
      }),
      { tables, errorModel: createErrorModel({ python, trainers }) },
      folder,
    );
    const one = {
      name: 'DLE, size 6000',
      golden: 'dle_regression_synthetic_size6000.json',
      realized: 'realized_regression_synthetic_size6000.json',
    };
    return compareEstimate(one, made);
  } finally {
    await tables.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
