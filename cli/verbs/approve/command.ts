import { userInfo } from 'node:os';
import type { Verb } from '../../kit/verb.ts';

export const approve: Verb = (program) => {
  program
    .command('approve')
    .summary('approve or reject what a run waits for')
    .description(
      'Answers an approval that a run waits for. The answer is bound to the evidence that is open now: if that changes, it is void.',
    )
    .argument('<run>', 'run id, as `ratchet runs` prints it')
    .argument('[node]', 'which approval, when more than one is open')
    .option('--reject', 'reject instead')
    .option('--note <text>', 'why, for the record', '')
    .option('--as <name>', 'who answers', userInfo().username)
    .option('--evidence <digest>', 'the evidence that you looked at; default: what is open now')
    .option('--json', 'print one JSON object')
    .action(
      async (
        run: string,
        node: string | undefined,
        options: { reject?: boolean; note: string; as: string; evidence?: string; json?: boolean },
      ) => {
        const { giveApproval } = await import('./give-approval.ts');
        await giveApproval(run, node, options);
      },
    );
};
