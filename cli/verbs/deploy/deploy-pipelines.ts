/** `ratchet deploy`. */

import { projectName } from '#workers/deploy/owners.ts';
import { policiesOf } from '#workers/deploy/policies.ts';
import { type Change, reconcile } from '#workers/deploy/reconcile.ts';
import { unheardTriggers } from '#workers/deploy/unheard-triggers.ts';
import { createPlanning } from '#workers/planning.ts';
import pc from '../../kit/color.ts';
import { createOutput, duration, table } from '../../kit/output.ts';
import { withSession } from '../../kit/session.ts';

const colour = { create: pc.green, update: pc.yellow, delete: pc.red } satisfies Record<Change['what'], unknown>;

/** @param names those to deploy; none: all of the project */
export async function deployPipelines(
  names: readonly string[],
  options: { dryRun?: boolean; takeOver?: string[]; json?: boolean },
): Promise<void> {
  const out = createOutput(options.json ?? false);
  const began = performance.now();
  await withSession(async (session) => {
    const planning = createPlanning(session);
    const loaded = await planning.describeAll().finally(() => planning.close());
    const all = policiesOf(loaded, session.environment);
    const policies = names.length === 0 ? all : all.filter(({ pipeline }) => names.includes(pipeline));
    const { client } = await session.temporal();
    const dryRun = options.dryRun ?? false;
    const project = projectName(session.root);
    const { changes, unowned } = await reconcile({ client, store: session.store }, all, {
      ...(names.length === 0 ? {} : { only: names }),
      ...{ project, dryRun, takeOver: options.takeOver ?? [] },
      waits: (who) => out.note(`Another deploy goes on (${who}): waits for its end`),
      // Before anything is changed: who sees what he did not mean to take down can still press Ctrl-C.
      planned: (changes) =>
        out.print(
          table(
            ['', 'id', ''],
            changes.map(({ what, id, words }) => [colour[what](what), id, pc.dim(words)]),
          ),
        ),
    });
    const remarks = policies.flatMap(unheardTriggers);
    for (const name of unowned)
      remarks.push(
        `${name} was deployed before projects were noted and is left alone; if it is a pipeline of this project that is gone: ratchet deploy --take-over ${name}`,
      );
    out.object({ dryRun, project, pipelines: policies.map(({ pipeline }) => pipeline), changes, remarks });
    for (const remark of remarks) out.print(`${pc.yellow('!')} ${remark}`);
    const took = duration(performance.now() - began);
    const count = `${policies.length} ${policies.length === 1 ? 'pipeline' : 'pipelines'}`;
    if (all.length === 0) out.print('No pipeline has triggers: write some into its definition, triggers: any(…).');
    else if (changes.length === 0) out.print(`${count} deployed: all is as wanted already (${took})`);
    else out.print(`${count}, ${changes.length} changes ${dryRun ? 'wanted; nothing was changed' : 'made'} (${took})`);
  });
}
