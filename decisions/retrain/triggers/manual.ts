import { judgeFired } from './fired.ts';
import type { Of, TriggerKind } from './trigger-kind.ts';

/** Whatever its condition is, a loop hears those who ask: nobody has to be named. */
export const manual: TriggerKind<Of<'manual'>> = {
  judge: (_condition, facts) => judgeFired('manual', '', 'asked for by hand', facts),
  needs: [],
};
