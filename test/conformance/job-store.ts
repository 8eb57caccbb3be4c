/** What jobs read and run, kept in a store that their place reaches: by digest, checked when it is brought. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArtifactDamaged } from '#contracts/failures.ts';
import type { PinnedProgram } from '#contracts/program.ts';
import type { Staging } from '#ports/staging.ts';
import { materializeProgram, pinProgram } from '#workers/code/program.ts';
import { testPython } from '../servers/programs.ts';
import { createFolderStore } from './folder-store.ts';

export interface JobStore {
  keep(text: string): Promise<{ uri: string; digest: string }>;
  keepFolder(files: Record<string, string>): Promise<{ uri: string; digest: string }>;
  pin(command: string[], files: Record<string, string>): Promise<PinnedProgram>;
}

const digestOf = (bytes: Uint8Array | string) => `md5:${createHash('md5').update(bytes).digest('hex')}`;

/** @param folder of the store's objects */
export function createJobStore(folder: string): JobStore {
  const store = createFolderStore(folder);
  const keep = async (text: string) => {
    const digest = digestOf(text);
    const key = `files/md5/${digest.slice(4)}`;
    await store.put(key, text);
    return { uri: store.uri(key), digest };
  };
  return {
    keep,
    // A list of its files, which are kept themselves.
    async keepFolder(files) {
      const kept = Object.entries(files).map(async ([name, text]) => [name, await keep(text)] as const);
      return keep(JSON.stringify(await Promise.all(kept)));
    },
    async pin(command, files) {
      const source = await mkdtemp(`${folder}-program-`);
      for (const [name, text] of Object.entries({ ...files, 'requirements.lock': '# of the test' }))
        await writeFile(join(source, name), text);
      const declared = { kind: 'program' as const, command, files: Object.keys(files), lock: 'requirements.lock' };
      const pinned = await pinProgram(store, source, declared, 'a test');
      await rm(source, { recursive: true });
      return pinned;
    },
  };
}

/** @param place a folder of where the jobs run */
export function stagingFrom(folder: string, place: string): Staging {
  const store = createFolderStore(folder);
  const read = async (uri: string, digest: string) => {
    const bytes = await store.get(store.key(uri));
    if (bytes === null) throw new ArtifactDamaged(uri, `${uri} is gone`);
    if (digestOf(bytes) !== digest) throw new ArtifactDamaged(uri, `${uri} holds other bytes`);
    return bytes;
  };
  const write = async (to: string, bytes: Uint8Array) => {
    await mkdir(dirname(to), { recursive: true });
    const partial = `${to}.${randomUUID()}`;
    await writeFile(partial, bytes);
    await rename(partial, to);
  };
  const python = async () => ({ python: testPython(), bin: dirname(testPython()) });
  return {
    async input({ uri, digest, format }) {
      const to = join(place, digest.slice(4));
      const bytes = await read(uri, digest);
      if (format !== 'folder') await write(to, bytes);
      else
        for (const [name, file] of JSON.parse(Buffer.from(bytes).toString()) as [
          string,
          { uri: string; digest: string },
        ][])
          await write(join(to, name), await read(file.uri, file.digest));
      return to;
    },
    async program(program, target) {
      const { command, ...rest } = await materializeProgram(store, program, target, python);
      // A program without a lock runs in the place's own Python.
      return { command: command.map((word) => (word === 'python' ? testPython() : word)), ...rest };
    },
  };
}
