import { activityInfo } from '@temporalio/activity';
import type { ModelActivities } from '#contracts/activities.ts';
import type { Tracking } from '#ports/tracking.ts';
import { createVersionActivity } from './create-version.ts';
import { readAliasesActivity } from './read-aliases.ts';
import { setAliasesActivity } from './set-aliases.ts';

/**
 * All activities of `model/<name>`. `stages`: whether MLflow's stages follow the aliases; `attempt`: of the activity that is
 * under way. They throw UserError: whoever registers them turns it into Temporal's.
 */
export function createModelActivities(
  tracking: Tracking,
  { stages = true, attempt = () => activityInfo().attempt }: { stages?: boolean; attempt?: () => number } = {},
): ModelActivities {
  return {
    createVersion: createVersionActivity(tracking),
    setAliases: setAliasesActivity(tracking, { stages, attempt }),
    readAliases: readAliasesActivity(tracking),
  };
}
