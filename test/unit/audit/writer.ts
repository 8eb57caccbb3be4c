/** Writes packs of a version that has more moves each time, into the store and into folders, until somebody kills it. */
import { join } from 'node:path';
import { writePackFolder } from '#records/audit/folder.ts';
import { type KeptPack, keepPack } from '#records/audit/keep-pack.ts';
import { signingKey } from '#records/audit/signing-key.ts';
import { writeMove } from '#records/moves.ts';
import { createFolderStore } from '../../conformance/folder-store.ts';

const [place = '', version = '', tags = '{}'] = process.argv.slice(2);
const store = createFolderStore(place);
const registered = {
  model: 'flights',
  version,
  runId: 'r',
  source: 's',
  tags: JSON.parse(tags),
  stage: 'None',
  created: 0,
  description: '',
};
const sources = { store, registry: { version: async () => registered } };
console.log('begun');
for (let epoch = 100; ; epoch++) {
  const at = new Date(Date.UTC(2027, 0, 1, 0, 0, epoch)).toISOString();
  await writeMove(store, {
    model: 'flights',
    epoch,
    key: 'rollback/x',
    from: '1',
    to: version,
    by: 'x',
    reason: 'y',
    at,
  });
  const kept = (await keepPack(sources, registered, () => signingKey(place))) as KeptPack;
  await writePackFolder(join(place, '..', `out-${epoch}`), kept.files);
  console.log(kept.key);
}
