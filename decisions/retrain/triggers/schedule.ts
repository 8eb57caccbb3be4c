import { judgeFired } from './fired.ts';
import type { Of, TriggerKind } from './trigger-kind.ts';

/** What `fire` says of itself. */
export function scheduleDetail({ cron, timezone }: { cron: string; timezone: string }): string {
  return `${cron} ${timezone}`;
}

export const schedule: TriggerKind<Of<'schedule'>> = {
  judge: (condition, facts) =>
    judgeFired('schedule', scheduleDetail(condition), `${condition.cron} (${condition.timezone})`, facts),
  firedBy: (condition) => ({ trigger: 'schedule', detail: scheduleDetail(condition) }),
  needs: [],
};
