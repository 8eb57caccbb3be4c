import { userInfo } from 'node:os';
import type { Json } from '#contracts/json.ts';
import { collectParam } from '../kit/options.ts';
import type { Verb } from '../kit/verb.ts';

export const fork: Verb = (program) => {
  program
    .command('fork')
    .summary('run a finished run again from one node on, with other params')
    .description(
      'Starts a new run that keeps what the old one did before --from, and runs that node and all that depends on it again.',
    )
    .argument('<run>', 'run id, as `ratchet runs` prints it')
    .requiredOption('--from <node>', 'the first node to run again')
    .option('--param <key=value>', 'a param that differs; repeat it for more', collectParam, {})
    .option('--as <name>', 'who starts it', userInfo().username)
    .option('--wait', 'follow it to its end')
    .option('--json', 'print one JSON object')
    .action(
      async (
        run: string,
        options: { from: string; param: Record<string, Json>; as: string; wait?: boolean; json?: boolean },
      ) => {
        const { forkRun } = await import('../kit/runs/take-up.ts');
        await forkRun(run, options);
      },
    );
};
