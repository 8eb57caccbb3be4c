/** sitecustomize.py itself: free for a script without MLflow, and no obstacle to an environment's own. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testPython } from '../servers/programs.ts';

const run = promisify(execFile);
const site = join(import.meta.dirname, '../../trainers/site');
const pinned = { RATCHET_TRACKING_URI: 'http://127.0.0.1:1', RATCHET_EXPERIMENT_ID: '1', RATCHET_RUN_ID: 'r' };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-site-'));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

const python = (code: string, env: Record<string, string>) =>
  run(testPython(), ['-c', code], { env: { PATH: process.env.PATH, ...env }, timeout: 60_000 });

describe('sitecustomize', { timeout: 60_000 }, () => {
  it('loads nothing for a script without MLflow', async () => {
    const modules = 'import sys; print(sorted(sys.modules))';
    const { stdout: without } = await python(modules, {});
    const { stdout: pins } = await python(modules, { ...pinned, PYTHONPATH: site });
    const list = (text: string) => text.match(/[\w.]+/g) ?? [];
    const before = new Set(list(without));
    const more = list(pins).filter((name) => !before.has(name));
    expect(more).toEqual(['sitecustomize']);
  });

  it('is not there at all without a job', async () => {
    const { stdout } = await python(
      "import sys; print([f for f in sys.meta_path if 'Finder' in str(f) and 'sitecustomize' in str(type(f))])",
      { PYTHONPATH: site },
    );
    expect(stdout.trim()).toBe('[]');
  });

  it('runs the environment’s own sitecustomize as well, which sees itself as the one', async () => {
    const own = join(folder, 'own');
    await mkdir(own);
    await writeFile(join(own, 'sitecustomize.py'), "import sys\nmark = 'own'\nprint('own ran', __name__)\n");
    const code = 'import sitecustomize; print(sitecustomize.mark)';
    const { stdout } = await python(code, { ...pinned, PYTHONPATH: `${site}${delimiter}${own}` });
    expect(stdout).toBe('own ran sitecustomize\nown\n');
  });

  it('lets a training go on when MLflow looks different inside', async () => {
    const other = join(folder, 'other', 'mlflow', 'tracking');
    await mkdir(other, { recursive: true });
    await writeFile(join(folder, 'other', 'mlflow', '__init__.py'), 'from mlflow.tracking import fluent\n');
    await writeFile(join(other, '__init__.py'), '');
    await writeFile(join(other, 'fluent.py'), 'x = 1\n');
    const path = `${site}${delimiter}${join(folder, 'other')}`;
    const { stdout, stderr } = await python("import mlflow; print('goes on', mlflow.fluent.x)", {
      ...pinned,
      PYTHONPATH: path,
    });
    expect(stdout).toBe('goes on 1\n');
    expect(stderr).toMatch(/^ratchet: this MLflow could not be pinned \(mlflow.tracking.fluent: AttributeError/);
  });
});
