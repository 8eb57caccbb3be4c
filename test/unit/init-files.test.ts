import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { locate } from '#activities/data/source/source.ts';
import { fileInTheWay, nameOf, sourceOf } from '#cli/verbs/init/init-pipeline.ts';
import { pipelineSource } from '#cli/verbs/init/pipeline-template.ts';
import type { RunContext } from '#contracts/run.ts';
import { createFolderStore } from '../conformance/folder-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-init-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it.each(['pipeline.ts', 'README.md', 'train.py'])('init writes over no %s', async (name) => {
  expect(fileInTheWay(folder, '/elsewhere/train.py')).toBeNull();
  await writeFile(join(folder, name), '');
  expect(fileInTheWay(folder, '/elsewhere/train.py')).toBe(join(folder, name));
});

it("a trainer that is in its place already is in nobody's way", async () => {
  await writeFile(join(folder, 'train.py'), '');
  expect(fileInTheWay(folder, join(folder, 'train.py'))).toBeNull();
});

it.each([
  ['/data/rides_2026.csv', 'rides-2026'],
  ['/data/bikes/*.csv', 'bikes'],
  ['/data/bikes/20*/day-?.csv.gz', 'bikes'],
  ['/data/bikes/**/*.parquet', 'bikes'],
])('a pipeline over %s is called %s', (data, name) => expect(nameOf(data)).toBe(name));

it.each([
  'project/data/rows.csv',
  'project/pipelines/churn/rows.csv',
  'project/..rows.csv',
  'rows.csv',
  'project-2/rows.csv',
])('a run finds the data of a pipeline that init wrote: %s', async (place) => {
  const [root, data] = [join(folder, 'project'), join(folder, place)];
  await mkdir(dirname(data), { recursive: true });
  await writeFile(data, 'y\n1\n');
  const source = sourceOf(data, root, 'churn');
  const written = {
    name: 'churn',
    data: source,
    target: 'y',
    trainer: 'train.py',
    time: null,
    task: 'binary',
    labelsAfter: null,
  } as const;
  expect(pipelineSource(written)).toContain(`data: ${JSON.stringify(source)},`);
  const deps = { projectFolder: () => root, store: createFolderStore(join(folder, 'store')) };
  const located = await locate(source, { pipeline: 'churn' } as RunContext, deps);
  expect(located).toMatchObject({ kind: 'local', files: [{ path: data }] });
});
