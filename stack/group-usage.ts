import { runTool } from './run-tool.ts';

/**
 * Resident memory and processor time of a process group, summed over its members; shared pages count once a process.
 * Null where `ps` is missing or the group is gone.
 */
export async function groupUsage(group: number): Promise<{ residentBytes: number; cpuSeconds: number } | null> {
  const { code, output } = await runTool('ps', ['-A', '-o', 'pgid=,rss=,time='], {
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (code !== 0) return null;
  const members = output
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([pgid]) => Number(pgid) === group);
  if (members.length === 0) return null;
  return {
    residentBytes: members.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0),
    cpuSeconds: members.reduce((sum, [, , time]) => sum + seconds(time ?? ''), 0),
  };
}

/** `[[days-]hours:]minutes:seconds`, with a fraction on some systems. @internal */
export function seconds(time: string): number {
  const [clock = '', days = '0'] = time.split('-').reverse();
  return Number(days) * 86_400 + clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}
