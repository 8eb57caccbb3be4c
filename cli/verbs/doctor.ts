import type { Verb } from '../kit/verb.ts';

export const doctor: Verb = (program) => {
  program
    .command('doctor')
    .summary('check what this machine needs, and say how to mend what is missing')
    .description(
      'Checks Node, Python, disk, memory, ports and every server that the environment names. Exit code 3 when something needed is missing.',
    )
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const [{ doctor: examine }, { createOutput }, { projectRoot }, { exitCode }, { default: pc }] = await Promise.all(
        [
          import('#stack/doctor.ts'),
          import('../kit/output.ts'),
          import('../kit/project.ts'),
          import('../kit/exit-codes.ts'),
          import('../kit/color.ts'),
        ],
      );
      const out = createOutput(options.json ?? false);
      const checks = await examine(projectRoot());
      const ok = checks.every((check) => check.ok);
      out.object({ ok, checks });
      for (const check of checks) {
        out.print(`${check.ok ? pc.green('✓') : pc.red('✗')} ${check.name.padEnd(18)} ${check.found}`);
        if (!check.ok) out.print(`    needed: ${check.needed}\n    ${check.fix}`);
      }
      if (!ok) process.exitCode = exitCode.refused;
    });
};
