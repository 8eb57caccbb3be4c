import { enough } from './enough.ts';
import type { Of, TriggerKind } from './trigger-kind.ts';

export const newPartitions: TriggerKind<Of<'newPartitions'>> = {
  judge: ({ atLeast }, facts) => enough('newPartitions', 'new partitions', facts.newPartitions, atLeast, facts),
  needs: ['watch'],
};
