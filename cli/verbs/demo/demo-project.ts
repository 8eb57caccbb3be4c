/** What both demos begin and end with: a project of their own below `.ratchet/`, whose servers are gone afterwards. */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { stopStack } from '#stack/stack.ts';
import pc from '../../kit/color.ts';
import type { Output } from '../../kit/output.ts';
import { projectRoot } from '../../kit/project.ts';
import type { Session } from '../../kit/session.ts';

/**
 * Runs `show` in an empty project that holds `pipeline` of this one, and stops its servers whatever happens.
 *
 * @throws UserError InvalidInput when this project has no such pipeline
 */
export async function inDemoProject(
  { pipeline, folder, keep }: { pipeline: string; folder: string; keep: boolean },
  show: (places: { project: string; source: string; root: string }) => Promise<void>,
): Promise<void> {
  const project = projectRoot();
  const source = join(project, 'pipelines', pipeline);
  if (!existsSync(source))
    throw new UserError(
      'InvalidInput',
      `The demo shows pipelines/${pipeline}, which is not in ${project}: run it in a clone of Ratchet.`,
    );
  // Environments are shared with the project: a gigabyte need not be installed twice.
  process.env.RATCHET_HOME ??= join(project, '.ratchet');
  const root = join(project, '.ratchet', folder);
  await stopStack(root);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, 'pipelines'), { recursive: true });
  cpSync(source, join(root, 'pipelines', pipeline), { recursive: true });
  process.env.RATCHET_ROOT = root;

  let up = true;
  const bringDown = async () => {
    if (up && !keep) await stopStack(root);
    up = false;
  };
  const interrupted = () => void bringDown().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    await show({ project, source, root });
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await bringDown();
  }
}

/** Where to look around while the servers are there, or how to have them there. @param again the command that keeps them */
export function tellServers(
  out: Output,
  { session, temporalUi, keep, again }: { session: Session; temporalUi: string | null; keep: boolean; again: string },
): void {
  if (!keep) {
    out.print(pc.dim(`The servers stop now; \`${again}\` leaves them running, to look around.`));
    return;
  }
  out.print(`Temporal  ${temporalUi}`);
  out.print(`MLflow    ${session.tracking.url}`);
  out.print(pc.dim(`The servers stay up. To stop them: RATCHET_ROOT=${session.root} ratchet down`));
}
