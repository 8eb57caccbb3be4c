/** One line a step, as it ends, and the trainer's own words while it trains. */
import { createLogUpdate } from 'log-update';
import { followRun, type StartedRun } from '#adapters/temporal/start-run.ts';
import pc from '../../kit/color.ts';
import { duration, type Output } from '../../kit/output.ts';
import { printable } from '../../kit/printable.ts';

export async function followQuietly(workflow: StartedRun['workflow'], out: Output): Promise<void> {
  const live = out.live ? createLogUpdate(process.stderr) : null;
  const told = new Set<string>();
  let word = '';
  for await (const { nodes } of followRun(workflow, 250)) {
    const ended = nodes.filter((node) => node.step && node.ms !== null && !told.has(node.id));
    if (ended.length > 0) live?.clear();
    for (const node of ended) {
      told.add(node.id);
      out.note(
        `  ${node.status === 'failed' ? pc.red('✗') : pc.green('✓')} ${node.id.padEnd(16)} ${pc.dim(`${duration(node.ms)}${node.cached ? ', from the cache' : ''}`)}`,
      );
    }
    const running = nodes.filter((node) => node.status === 'running' && node.step);
    const now = running.map((node) => `${node.id}${node.progress ? ` ${node.progress}` : ''}`).join(' · ');
    if (live) live(running.length > 0 ? printable(`  ${pc.cyan('▸')} ${now}`) : '');
    else if (now !== word && running.some((node) => node.progress?.startsWith('epoch'))) out.note(pc.dim(`  ▸ ${now}`));
    word = now;
  }
  live?.clear();
}
