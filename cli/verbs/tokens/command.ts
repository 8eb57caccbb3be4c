import { userInfo } from 'node:os';
import { readInstant } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';

export const tokens: Verb = (program) => {
  const command = program
    .command('tokens')
    .summary('make, list and revoke tokens of the gateway')
    .description('Who may use the gateway, and for what. A token is shown when it is made; only its hash is kept.');
  command
    .command('create')
    .summary('make a token')
    .requiredOption(
      '--scope <pipeline:verb,…>',
      'what it may do: flight-delays:run,view · team-*:trigger · *:*. Verbs: view, run, trigger, labels, approve; of the feature server features, push, on views. May be given many times',
      (text: string, previous: string[] = []) => [...previous, text],
    )
    .option('--owner <name>', 'whose it is, for the audit log', userInfo().username)
    .option('--expires <time>', 'when it ends: 2027-01-01', readInstant)
    .option('--json', 'print one JSON object')
    .action(async (options: { owner: string; scope: string[]; expires?: string; json?: boolean }) => {
      const { createToken } = await import('./manage-tokens.ts');
      createToken(options);
    });
  command
    .command('list')
    .summary('list them: id, owner, scopes, state')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { listTokens } = await import('./manage-tokens.ts');
      listTokens(options);
    });
  command
    .command('revoke')
    .summary('make a token void at once')
    .argument('<id>', 'its id, as `ratchet tokens list` prints it')
    .option('--json', 'print one JSON object')
    .action(async (id: string, options: { json?: boolean }) => {
      const { revokeToken } = await import('./manage-tokens.ts');
      revokeToken(id, options);
    });
};
