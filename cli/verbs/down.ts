import type { Verb } from '../kit/verb.ts';

export const down: Verb = (program) => {
  program
    .command('down')
    .summary('stop what `ratchet dev` started; data stays')
    .description(
      'Stops the servers and workers that `ratchet dev` started in this project, and nothing else. Data stays in .ratchet/. Running trainers are stopped with their worker only when their lease ends; `ratchet cancel` stops one now.',
    )
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const [{ stopStack }, { createOutput }, { projectRoot }] = await Promise.all([
        import('#stack/stack.ts'),
        import('../kit/output.ts'),
        import('../kit/project.ts'),
      ]);
      const out = createOutput(options.json ?? false);
      const root = projectRoot();
      const stopped = await stopStack(root, {
        onProgress: (event) => out.note(`  ${'message' in event ? (event.message ?? '') : ''}`),
      });
      out.object({ root, stopped });
      out.print(stopped.length > 0 ? 'Stopped; data is kept in .ratchet/.' : `Nothing of ours runs in ${root}.`);
    });
};
