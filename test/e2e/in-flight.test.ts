/** A run that waits for a person while the pipeline is edited and its worker is replaced. */
import { expect, test } from 'vitest';
import { stackStatus } from '#stack/status.ts';
import { copyOfSmall } from './world/pipelines.ts';
import { projectFolder, ratchet, until } from './world/ratchet.ts';
import { outputOf } from './world/store.ts';

const worker = async () => {
  const { parts } = await stackStatus(projectFolder);
  return parts.find((part) => part.name.startsWith('worker') && part.state === 'ready' && part.pid) ?? null;
};

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'is answered by exit code 4, and finishes on the code that it started with after %s',
  async (signal) => {
    const small = copyOfSmall(`asking-${signal.slice(3).toLowerCase()}`);
    // What runs after the answer, and what the edit would change.
    small.edit(
      'pipeline.ts',
      'return when(answer.approved, release);',
      'return when(answer.approved, () => { run(measure, {}, { id: "after", cache: false }); return release(); });',
    );
    const asked = await ratchet('run', small.name, '--param', 'ask=true', '--wait', '--json');
    const waiting = asked.json();
    expect([asked.code, waiting.status]).toEqual([4, 'waiting']);
    expect(waiting.approvals).toMatchObject([{ node: 'approval', evidence: expect.any(String) }]);

    small.edit('steps/rows.ts', '2_000', '7');
    small.write('train.py', 'raise SystemExit(1)\n');
    const before = await until(worker);
    process.kill(before.pid ?? 0, signal);
    await until(async () => {
      const now = await worker();
      return now && now.pid !== before.pid;
    });

    const stranger = await ratchet('approve', waiting.runId, '--as', 'mallory', '--json');
    expect(stranger.json().error?.message).toMatch(/mallory/);
    expect(stranger.code).toBe(2);
    const approved = await ratchet('approve', waiting.runId, '--as', 'ada', '--note', 'looks right');
    expect(approved.stdout).toBe('Approved approval as ada: 1 of 1.\n');
    const ended = await until(async () => {
      const shown = (await ratchet('show', waiting.runId, '--json')).json<{
        result?: { status: string; modelVersion: string };
      }>();
      return shown.result;
    });
    expect(ended).toMatchObject({ status: 'promoted', modelVersion: '1' });
    expect(await outputOf(waiting.runId, 'after')).toEqual({ rows: 2_000 });
  },
);
