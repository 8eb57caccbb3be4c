import type { AccountActivities } from '#contracts/activities.ts';
import type { ObjectStore } from '#ports/store.ts';
import { writeMove } from '#records/moves.ts';
import { waiting } from '../waiting.ts';

/** What `model/<name>` has kept beside its requests. */
export function createAccountActivities(store: Pick<ObjectStore, 'put'>): AccountActivities {
  return {
    keepMove: waiting((move) => writeMove(store, move)),
  };
}
