import { userInfo } from 'node:os';
import type { Verb } from '../../kit/verb.ts';
import type { CopyOptions } from './copy-to.ts';

export const copy: Verb = (command) => {
  command
    .command('copy')
    .summary('copy a version to another MLflow server, or to another model')
    .description(
      'From staging’s registry to production’s: only a version that a gate let through, with the very files that the gate judged, which are read back on the other side. ' +
        'It becomes champion of nothing there: that server’s own promotion decides. Repeated, it answers with the copy that there is. ' +
        'The login there is RATCHET_COPY_USERNAME and RATCHET_COPY_PASSWORD, or RATCHET_COPY_TOKEN.',
    )
    .argument('<version>', 'NAME@NUMBER, for example staging-flight-delays@5')
    .option('--to <url>', 'address of the other MLflow server; default: the same one')
    .option('--as <name>', 'what the model is called there; default: as here')
    .option('--by <name>', 'who copies it', userInfo().username)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  ratchet model copy staging-flight-delays@5 --as flight-delays\n  ratchet model copy flight-delays@5 --to https://mlflow.example.com',
    )
    .action(async (version: string, options: CopyOptions) => {
      const { copyTo } = await import('./copy-to.ts');
      await copyTo(version, options);
    });
};
