/** What becomes of an object of the store, from what is known of it. */

export interface KnownObject {
  readonly kind: string;
  readonly bytes: number;
  /** Milliseconds since the store wrote it, by the store's clock. */
  readonly age: number;
  /** Why it is referred to; null: nothing that was read refers to it. */
  readonly reached: string | null;
  /** Ratchet wrote it, as far as that is known. */
  readonly ours: boolean;
  /** Of what is in the trash, was set aside, or is a note about a file. */
  readonly about: {
    /** Milliseconds since the object that it is about was written; null: it is not in its place. */
    readonly age: number | null;
    readonly reached: string | null;
    /** It goes to the trash now. */
    readonly goes: boolean;
    readonly inTrash: boolean;
  } | null;
}

export interface Patience {
  /** What is younger is kept, milliseconds. */
  readonly grace: number;
  /** How long ago the oldest run began that goes on; null without one. What was written since then is kept. */
  readonly oldestRun: number | null;
}

/** `trash`: moved there. `restore`: taken back from there. */
export type Fate = { readonly does: 'keep' | 'trash' | 'delete' | 'restore'; readonly why: string };

const keep = (why: string): Fate => ({ does: 'keep', why });

export function fateOf(object: KnownObject, { grace, oldestRun }: Patience): Fate {
  const { kind, age, reached, about } = object;
  if (kind === 'foreign') return keep('not written by Ratchet');
  if (kind === 'ledger') return keep('records, decisions, policies: kept for good');
  if (kind === 'trash') return ofTrash(object, grace);
  if (kind === 'made')
    return about && (about.age !== null || about.inTrash)
      ? keep('notes of files that are there')
      : aged(age, grace, null, { does: 'delete', why: 'its file is gone' });
  if (kind === 'damaged') {
    // It says that what lies in its file's place is not to be trusted, until that is written anew.
    const still = about?.age !== null && about !== null && about.age >= age;
    return still
      ? keep('set aside, and its file was not made again')
      : aged(age, grace, null, { does: 'delete', why: 'its file was made again, or is gone' });
  }
  if (reached !== null) return keep(reached);
  const gone: Fate =
    kind === 'cache'
      ? { does: 'delete', why: 'a result that was not kept' }
      : { does: 'trash', why: 'nothing refers to it' };
  const fate = aged(age, grace, oldestRun, gone);
  return fate.does !== 'keep' && !object.ours ? keep('nothing says that Ratchet made it') : fate;
}

function ofTrash({ age, about }: KnownObject, grace: number): Fate {
  if (!about || about.goes) return keep('in the trash, within the grace period');
  if (about.reached !== null && about.age === null) return { does: 'restore', why: about.reached };
  return age < grace
    ? keep('in the trash, within the grace period')
    : { does: 'delete', why: 'in the trash for longer than the grace period' };
}

function aged(age: number, grace: number, oldestRun: number | null, otherwise: Fate): Fate {
  if (age < grace) return keep('within the grace period');
  if (oldestRun !== null && age < oldestRun) return keep('written since a run began that goes on');
  return otherwise;
}
