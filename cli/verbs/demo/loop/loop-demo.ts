/** `ratchet demo --loop`: a year of a pipeline that starts by itself, on servers of its own. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import { projectName } from '#workers/deploy/owners.ts';
import { policiesOf } from '#workers/deploy/policies.ts';
import { reconcile } from '#workers/deploy/reconcile.ts';
import { createPlanning } from '#workers/planning.ts';
import pc from '../../../kit/color.ts';
import { createOutput, duration, table } from '../../../kit/output.ts';
import { withSession } from '../../../kit/session.ts';
import { start } from '../../dev/bring-up.ts';
import { inDemoProject, tellServers } from '../demo-project.ts';
import { PIPELINE, passYear } from './run-year.ts';
import { shown } from './shown.ts';
import { timeline } from './timeline.ts';

export async function runLoopDemo(options: { keep?: boolean }): Promise<void> {
  const out = createOutput(false);
  const began = performance.now();
  await inDemoProject(
    { pipeline: PIPELINE, folder: 'demo-loop', keep: options.keep ?? false },
    async ({ project, source, root }) => {
      out.print(`${pc.bold('1. Servers')}: Temporal, MLflow, an S3 store and a worker, in .ratchet/demo-loop/`);
      const months = join(root, 'months');
      const [stack] = await Promise.all([
        start(root, 1, out),
        // The environment of flight-delays has the flights.
        ensurePythonEnvironment({
          root,
          name: 'pipeline',
          lock: join(project, 'pipelines', 'flight-delays', 'requirements.lock'),
          progress: (line) => out.note(pc.dim(`  ${line}`)),
        }).then(({ python }) => promisify(execFile)(python, [join(source, 'months.py'), months])),
      ]);
      await withSession(async (session) => {
        const { client } = await session.temporal();
        const planning = createPlanning(session);
        const loaded = await planning.describeAll().finally(() => planning.close());
        const { changes } = await reconcile({ client, store: session.store }, policiesOf(loaded, session.environment), {
          ...{ project: projectName(session.root), dryRun: false },
        });
        out.print(`\n${pc.bold('2. Deployed')}`);
        for (const { what, id, words } of changes) out.print(`  ${what} ${id} ${pc.dim(words)}`);
        out.print(`\n${pc.bold('3. The timeline')}: 2013 in minutes; times are those of the data`);
        const passed = await passYear(session, months, out);
        out.print(`\n${pc.bold('4. What was to be seen')}, in ${duration(performance.now() - began)}\n`);
        const seen = shown(passed);
        out.print(
          table(
            ['', 'behaviour', 'first seen'],
            seen.map(({ what, where }) => [where ? pc.green('✓') : pc.red('✗'), what, where ?? 'not in this year']),
          ),
        );
        const path = join(root, 'timeline.html');
        writeFileSync(path, await timeline(passed, `The loop of ${PIPELINE} through 2013`));
        out.print(`\nTimeline  file://${path}`);
        tellServers(out, {
          ...{ session, temporalUi: stack.addresses.temporalUiUrl, keep: options.keep ?? false },
          again: 'npm run demo:loop -- --keep',
        });
        if (seen.some(({ where }) => where === null)) process.exitCode = 1;
      });
    },
  );
}
