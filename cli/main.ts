/** `ratchet`: one verb a file; a verb's code is loaded when it is called. */
import { Command, CommanderError, Help } from 'commander';
import { packageVersion } from '#workers/code/package-root.ts';
import { exitCode, exitCodeHelp } from './kit/exit-codes.ts';
import { failureObject, reportFailure } from './kit/failure.ts';
import { createOutput } from './kit/output.ts';
import { terminalOutput } from './kit/terminal-output.ts';
import { verbs } from './verbs.ts';

const program = new Command('ratchet')
  .description('Continuous training that only turns one way: a model reaches production when it is proven better.')
  .version(packageVersion)
  .showHelpAfterError('(`ratchet help` lists the verbs, `ratchet help VERB` shows one)')
  .helpCommand('help [verb]', 'show how a verb is used, also `help loop pause`')
  .addHelpText(
    'after',
    `\n${exitCodeHelp}\n\nStart here:
  ratchet quality data.csv           look at a table; nothing else is needed
  ratchet init --trainer train.py --data data.csv --target late
  ratchet dev                        Temporal, MLflow, S3 and a worker on this machine
  ratchet run data --wait            run pipelines/data/, which init wrote
  ratchet runs                       what has run, and what came of it`,
  )
  // An empty list is how a repeated option begins, and nothing to tell.
  .configureHelp({
    optionDescription: (option) =>
      new Help().optionDescription(option).replace(/ \(default: (\[\]|\{\}|"")\)$/, '') +
      (option.mandatory ? ' (required)' : ''),
  })
  .configureOutput(terminalOutput)
  .exitOverride();

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

for (const [heading, group] of Object.entries(verbs)) {
  program.commandsGroup(heading);
  for (const verb of group) verb(program);
}
// exitOverride is not inherited by commands that were added before it was set; set it on each.
for (const command of program.commands) command.exitOverride();

/** `nosuch --help`, and `help nosuch`, would be answered with the help of what has no such verb, as if all were well. */
function refuseUnknown(args: readonly string[]): void {
  let command = program;
  for (const word of args) {
    if (word === 'help') continue;
    if (word.startsWith('-') || command.commands.length === 0) return;
    const verb = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (!verb) command.error(`error: unknown command '${word}'`, { code: 'commander.unknownCommand' });
    else command = verb;
  }
}

const asJson = process.argv.includes('--json');
const words = process.argv.slice(2);
try {
  if (words.some((word) => ['--help', '-h', 'help'].includes(word))) refuseUnknown(words);
  // `help loop pause` is `loop pause --help`; commander's own help reads one word.
  const said = words[0] === 'help' && words.length > 2 ? [...words.slice(1), '--help'] : words;
  await program.parseAsync(said, { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version end here too, with 0.
    process.exitCode = error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    // Told to people already.
    if (error.exitCode !== 0)
      createOutput(asJson).object(failureObject('InvalidInput', error.message.replace(/^error: /, '')));
  } else {
    process.exitCode = await reportFailure(error, asJson);
  }
}
