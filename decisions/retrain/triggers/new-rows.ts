import { enough } from './enough.ts';
import type { Of, TriggerKind } from './trigger-kind.ts';

export const newRows: TriggerKind<Of<'newRows'>> = {
  judge: ({ atLeast }, facts) => enough('newRows', 'new rows', facts.newRows, atLeast, facts),
  needs: ['watch'],
};
