/** What lies at the paths of stages, each looked at once in a command. */
import { look, type Repository } from '../data.ts';
import type { Locked } from './lock-file.ts';

export interface Looks {
  /** Null: nothing is there. */
  at(path: string): Promise<Locked | null>;
  /** A command ran: what it may have written is looked at again. What did not change is known by its times. */
  forget(): void;
  /** What was looked at elsewhere, just now. */
  know(path: string, seen: Locked): void;
}

export function looksIn(repository: Repository): Looks {
  const seen = new Map<string, Promise<Locked | null>>();
  return {
    at(path) {
      const before = seen.get(path);
      if (before) return before;
      const found = look(repository, path, false).then((each) => each?.tracked ?? null);
      seen.set(path, found);
      return found;
    },
    forget: () => seen.clear(),
    know: (path, found) => void seen.set(path, Promise.resolve(found)),
  };
}
