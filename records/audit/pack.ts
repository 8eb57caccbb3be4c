/** A pack as it is signed: the same bytes for the same facts and key, so that whoever writes it again writes the same. */
import type { KeyObject } from 'node:crypto';
import { seal } from './dsse.ts';
import { chained } from './events.ts';
import type { Gathered } from './gather.ts';
import { howToVerify } from './how-to-verify.ts';
import { publicPem } from './signing-key.ts';
import { EVENTS, type PackContents, PUBLIC_KEY, sha256, statementText } from './statement.ts';

export interface Pack {
  contents: PackContents;
  files: Map<string, Buffer>;
  envelope: string;
}

export function packOf(gathered: Gathered, key: KeyObject): Pack {
  const { model, version, modelDigest, missing } = gathered;
  const chain = chained(gathered.events);
  const files = new Map(gathered.files);
  files.set(EVENTS, Buffer.from(chain.text));
  files.set(PUBLIC_KEY, Buffer.from(publicPem(key)));
  files.set('readme.txt', Buffer.from(howToVerify(model, version)));
  const contents: PackContents = {
    ...{ format: 1, model, version, modelDigest },
    files: [...files]
      .map(([name, bytes]) => ({ name, sha256: sha256(bytes), bytes: bytes.length }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    events: { count: chain.count, head: chain.head },
    missing,
  };
  return { contents, files, envelope: seal(statementText(contents), key) };
}

/** true where two say the same, whoever signed them. */
export function sayTheSame(a: PackContents, b: PackContents): boolean {
  const text = (contents: PackContents) =>
    statementText({ ...contents, files: contents.files.filter(({ name }) => name !== PUBLIC_KEY) });
  return text(a) === text(b);
}
