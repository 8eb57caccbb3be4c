/** `ratchet`: one verb a file; a verb's code is loaded when it is called. */
import { Command, CommanderError } from 'commander';
import { exitCode, exitCodeHelp } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { verbs } from './verbs.ts';

const program = new Command('ratchet')
  .description('Continuous training that only turns one way: a model reaches production when it is proven better.')
  .version('0.1.0')
  .showHelpAfterError('(`ratchet help` lists the verbs, `ratchet help VERB` shows one)')
  .helpCommand('help [verb]', 'show how a verb is used')
  .addHelpText(
    'after',
    `\n${exitCodeHelp}\n\nStart here:\n  ratchet dev                        Temporal, MLflow, S3 and a worker on this machine\n  ratchet run flight-delays --wait   run the pipeline in pipelines/flight-delays/\n  ratchet runs                       what has run, and what came of it`,
  )
  .configureOutput({ outputError: (text, write) => write(text) })
  .exitOverride();

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

for (const verb of verbs) verb(program);
// exitOverride is not inherited by commands that were added before it was set; set it on each.
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version end here too, with 0.
    process.exitCode = error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  } else {
    process.exitCode = reportFailure(error, process.argv.includes('--json'));
  }
}
