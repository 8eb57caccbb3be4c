/** The ten-minute path: a table and an ordinary script become a pipeline that promotes a model. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { projectFolder, ratchet } from './world/ratchet.ts';
import { writeRows } from './world/rows.ts';

const script = `import json, os
import mlflow, pandas as pd
from sklearn.ensemble import RandomForestClassifier

job = json.load(open(os.environ["RATCHET_JOB"]))
rows = pd.read_parquet(job["inputs"]["features"]["path"])
mlflow.autolog()
with mlflow.start_run():
    RandomForestClassifier(n_estimators=20, random_state=0).fit(rows.drop(columns=["y"]), rows["y"])
`;

test('init, then run: a first champion', async () => {
  rmSync(`${projectFolder}/pipelines/customers`, { recursive: true, force: true });
  const [data, trainer] = [`${projectFolder}/customers.csv`, `${projectFolder}/fit.py`];
  writeRows(data);
  writeFileSync(trainer, script);
  const init = (...more: string[]) => ratchet('init', '--trainer', trainer, '--data', data, ...more);

  const wrong = await init('--target', 'churned');
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/--target "churned" is not a column of the table\. It has: x1, x2, x3, x4, y/);
  expect(existsSync(`${projectFolder}/pipelines/customers`)).toBe(false);

  const made = await init('--target', 'y');
  expect(made.code, made.stderr).toBe(0);
  expect(made.stdout).toMatch(/2,000 rows, 5 columns; "y" looks like a yes-or-no target/);
  expect(made.stdout).toContain('ratchet run customers --wait');
  expect(
    readFileSync(`${projectFolder}/pipelines/customers/pipeline.ts`, 'utf8').trim().split('\n').length,
  ).toBeLessThan(26);
  const twice = await init('--target', 'y');
  expect(twice.code).toBe(2);
  expect(twice.stderr).toMatch(/is there already/);

  const said = await ratchet('run', 'customers', '--wait', '--json');
  expect(said.code, `${said.stdout}${said.stderr}`).toBe(0);
  expect(said.json()).toMatchObject({ status: 'promoted', modelVersion: '1' });
});
