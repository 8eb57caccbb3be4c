import type { KeyObject } from 'node:crypto';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { AccountActivities } from '#contracts/activities.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import { keepPack } from '#records/audit/keep-pack.ts';
import { writeMove } from '#records/moves.ts';
import { waiting } from '../waiting.ts';

interface AccountDeps {
  store: Pick<ObjectStore, 'put' | 'get' | 'head' | 'list' | 'key' | 'uri'>;
  registry: Pick<Tracking, 'version'>;
  /** Asked for when a pack is signed. */
  signingKey(): KeyObject;
}

/** What `model/<name>` has kept beside its requests. */
export function createAccountActivities({ store, registry, signingKey }: AccountDeps): AccountActivities {
  return {
    keepMove: waiting((move) => writeMove(store, move)),
    keepPack: waiting(async (target) => {
      const kept = await keepPack({ store, registry }, target, signingKey);
      if (!kept?.waitsFor) return;
      throw ApplicationFailure.create({
        type: 'NotYet',
        message: `The pack of ${target.model}@${target.version} was written without the record of ${kept.waitsFor}, which writes it at its end: it is written anew then.`,
        category: ApplicationFailureCategory.BENIGN,
      });
    }),
  };
}
