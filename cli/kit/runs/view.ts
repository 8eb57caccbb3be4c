/** How a run looks while it goes: a table that redraws on a terminal, one line a change elsewhere. */
import { createLogUpdate } from 'log-update';
import { type FailingTask, failingInWords } from '#contracts/failing-task.ts';
import type { NodeReport, RunProgress, RunResult } from '#contracts/run.ts';
import pc from '../color.ts';
import { duration, type Output } from '../output.ts';
import { printable } from '../printable.ts';

const sign: Record<NodeReport['status'], string> = {
  waiting: pc.dim('·'),
  running: pc.cyan('▸'),
  done: pc.green('✓'),
  kept: pc.green('='),
  failed: pc.red('✗'),
  skipped: pc.dim('–'),
  cancelled: pc.yellow('✗'),
};

function nodeLine(node: NodeReport): string {
  const time = node.ms === null ? '' : pc.dim(duration(node.ms));
  const word =
    node.status === 'running'
      ? (node.progress ?? '')
      : node.status === 'done' && node.cached
        ? pc.dim(`from the cache: ${node.reason.replace(/^hit: /, '')}`)
        : '';
  return `  ${sign[node.status]} ${node.id.padEnd(24)} ${[time, word].filter(Boolean).join('  ')}`.trimEnd();
}

export interface RunView {
  update(progress: RunProgress): void;
  /** Leaves the last picture standing. */
  done(): void;
}

export function runView(out: Output): RunView {
  if (out.live) {
    const draw = createLogUpdate(process.stderr);
    return {
      update: (progress) =>
        draw(
          printable(
            progress.nodes
              .filter((node) => node.status !== 'skipped')
              .map(nodeLine)
              .join('\n'),
          ),
        ),
      done: () => draw.done(),
    };
  }
  const last = new Map<string, string>();
  return {
    update: (progress) => {
      for (const node of progress.nodes) {
        const state = `${node.status}${node.progress ?? ''}`;
        if (node.status === 'waiting' || node.status === 'skipped' || last.get(node.id) === state) continue;
        last.set(node.id, state);
        out.note(nodeLine(node));
      }
    },
    done: () => {},
  };
}

const statusColour: Record<RunResult['status'], (text: string) => string> = {
  promoted: pc.green,
  'already-champion': pc.green,
  finished: pc.green,
  refused: pc.yellow,
  inconclusive: pc.yellow,
  waiting: pc.cyan,
  running: pc.cyan,
  failed: pc.red,
  cancelled: pc.red,
};
export const coloured = (status: RunResult['status']): string => statusColour[status](status);

/** The end of a run, for people. */
export function resultText(result: RunResult): string {
  const lines = [`${coloured(result.status)}  ${result.runId}`, ...result.reasons.map((reason) => `  ${reason}`)];
  if (result.modelVersion) lines.push(`  model version ${result.modelVersion}`);
  return lines.join('\n');
}

export const afterFailure = (runId: string): string => `  Mend it, then: ratchet retry ${runId}`;

/** Of a run that hears nothing any more, and what can be done about it. */
export const standsStill = (runId: string, failing: FailingTask): string =>
  `stands still: ${failing.workflow === runId ? '' : `${failing.workflow}: `}${failingInWords(failing)}\n  It goes on by itself once a worker can do the task. End it, with its record: ratchet cancel ${runId}`;
