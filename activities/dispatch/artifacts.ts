/** What a cached output refers to outside of itself. */

import { ModelRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import type { ObjectStore } from '#ports/store.ts';

export interface Artifacts {
  /** Keys in the store, each once. */
  keys: string[];
  models: ModelRef[];
}

/** Every URI of this store and every model in an output. */
export function artifactsOf(output: Json, store: Pick<ObjectStore, 'key'>): Artifacts {
  const keys = new Set<string>();
  const models: ModelRef[] = [];
  const visit = (part: Json | undefined) => {
    if (typeof part === 'string') {
      const key = /^[a-z0-9]+:\/\//.test(part) ? ownKey(part, store) : null;
      if (key) keys.add(key);
    } else if (part !== null && typeof part === 'object') {
      const model = 'kind' in part && part.kind === 'model' ? ModelRef.safeParse(part) : null;
      if (model?.success) models.push(model.data);
      for (const item of Object.values(part)) visit(item);
    }
  };
  visit(output);
  return { keys: [...keys].sort(), models };
}

function ownKey(uri: string, store: Pick<ObjectStore, 'key'>): string | null {
  try {
    return store.key(uri);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
