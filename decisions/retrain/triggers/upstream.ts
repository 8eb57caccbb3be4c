import { judgeFired } from './fired.ts';
import type { Of, TriggerKind } from './trigger-kind.ts';

export const upstream: TriggerKind<Of<'upstream'>> = {
  judge: ({ pipeline }, facts) => judgeFired('upstream', pipeline, `${pipeline} finished`, facts),
  firedBy: ({ pipeline }) => ({ trigger: 'upstream', detail: pipeline }),
  needs: [],
};
