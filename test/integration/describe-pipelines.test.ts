/** Many pipelines read by one process; and the one among them that cannot be read says why, as if it were alone. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CodeCache } from '#workers/code/code-store.ts';
import { ProjectCode } from '#workers/code/pipeline-code.ts';
import { StepHosts } from '#workers/step-host/pool.ts';
import { writePipelines } from '../bench/triggers/many-pipelines.ts';
import { createFolderStore } from '../conformance/folder-store.ts';

let root: string;
let code: ProjectCode;
let hosts: StepHosts;
let names: string[];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ratchet-many-'));
  names = writePipelines(root, 3);
  const store = createFolderStore(join(root, 'store'));
  const codes = new CodeCache(root, store);
  hosts = new StepHosts({ root, bundlePath: (digest) => codes.load(digest) });
  code = new ProjectCode({ root, store, codes, hosts });
});
afterAll(async () => {
  await hosts.close();
  rmSync(root, { recursive: true, force: true });
});

const write = (name: string, source: string) => {
  mkdirSync(join(root, 'pipelines', name), { recursive: true });
  writeFileSync(join(root, 'pipelines', name, 'pipeline.ts'), source);
};
const bad = (name: string) => rmSync(join(root, 'pipelines', name), { recursive: true });

test('each says of itself what it says when it is read alone', async () => {
  const all = await code.describeAll();
  expect(all.map(({ name }) => name)).toEqual(names);
  expect(all[1]).toMatchObject({
    name: 'many-0001',
    paramsSchema: { properties: { rounds: { default: 100 } } },
    triggers: {
      kind: 'any',
      of: [
        { kind: 'newRows', atLeast: 1_000 },
        { kind: 'schedule', cron: '1 0 * * 2' },
      ],
    },
  });
});

test.each([
  ['does not parse', 'export default {', /"many-0000a" cannot be built:[\s\S]*pipelines\/many-0000a\/pipeline\.ts:1/],
  ['throws', 'export default undefined as never; throw new Error("no luck");', /no luck.*many-0000a\/pipeline\.ts:1/],
  ['ends its process', 'export default {}; process.exit(3);', /ended its process|exit/],
  ['is none', 'export default {};', /no default export made by definePipeline/],
  [
    'has another name',
    "import { definePipeline } from 'ratchet-ml'; import { z } from 'zod'; export default definePipeline({ name: 'else', params: z.object({}), graph: () => null });",
    /pipelines\/many-0000a defines a pipeline called "else"/,
  ],
])('one that %s is named, with its reason', async (_, source, reason) => {
  write('many-0000a', source);
  try {
    await expect(code.describeAll()).rejects.toThrow(reason);
  } finally {
    bad('many-0000a');
  }
});
