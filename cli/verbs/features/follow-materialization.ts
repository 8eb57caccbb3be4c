/** A materialisation that somebody waits for: how far it is, why it waits, and what it did in words. */
import { materializationResult, type StartedMaterialization } from '#adapters/temporal/materialize.ts';
import { grouped } from '#contracts/grouped.ts';
import type { MaterializeProgress } from '#contracts/materialize.ts';
import pc from '../../kit/color.ts';
import type { Output } from '../../kit/output.ts';

/** A worker that is there answers within this; ms. */
const SILENCE_MS = 15_000;

/** @throws what it failed with */
export async function followed(started: StartedMaterialization, out: Output): Promise<MaterializeProgress> {
  let waited = '';
  const silence = setTimeout(
    () =>
      out.note(
        pc.yellow('no worker answers yet: start one with `ratchet dev` or `ratchet worker`, for this environment'),
      ),
    SILENCE_MS,
  );
  try {
    return await materializationResult(started, (progress, waits) => {
      if (progress) clearTimeout(silence);
      if (waits !== null && waits !== waited) out.note(pc.yellow(`${started.view} waits: ${waits}`));
      waited = waits ?? '';
      if (!progress || !out.live || progress.left === 0) return;
      const { files, left, rows } = progress;
      out.note(pc.dim(`${started.view}: ${grouped(files)} of ${grouped(files + left)} files, ${grouped(rows)} rows`));
    });
  } finally {
    clearTimeout(silence);
  }
}

/** Ctrl-C ends the watching: the workflows are Temporal's, not this terminal's. */
export async function whileWatched<T>(work: () => Promise<T>): Promise<T> {
  const leave = () => {
    // Straight to the terminal: this process is about to end.
    process.stderr.write('\nIt goes on without this terminal; the same command follows it again.\n');
    process.removeListener('SIGINT', leave);
    process.kill(process.pid, 'SIGINT');
  };
  process.on('SIGINT', leave);
  try {
    return await work();
  } finally {
    process.removeListener('SIGINT', leave);
  }
}

/** @param range of the rows that were asked for, ISO */
export function inWords(
  view: string,
  progress: MaterializeProgress,
  { from, to }: { readonly from?: string; readonly to?: string },
): string {
  const { files, rows, written, older, events, unchanged, withoutKey, withoutTime, outside, ahead } = progress;
  const stretch = from || to ? ` in [${from ?? 'the first'}, ${to ?? 'now'}]` : '';
  const inside = rows - outside - withoutKey - withoutTime - ahead;
  const remarks = [
    [unchanged, `files had been read before and are as they were`],
    [withoutKey, 'rows have no join key, and are left out'],
    [withoutTime, 'rows have no time, and are left out'],
    [ahead, 'rows are of a time that has not come: they are read again later'],
  ] as const;
  const did = [
    ...(written + older > 0 || events === 0
      ? [`${grouped(written)} entities written, ${grouped(older)} not newer than what is there`]
      : []),
    ...(events > 0 ? [`${grouped(events)} events that windows may see`] : []),
  ];
  return [
    `${view}: ${grouped(inside)} rows${stretch} of ${grouped(files)} files; ${did.join('; ')}`,
    ...remarks.filter(([count]) => count > 0).map(([count, words]) => `  ${grouped(count)} ${words}`),
    ...(inside === 0 && stretch !== ''
      ? [`  0 rows${stretch}: are the times of the source of that stretch, in UTC?`]
      : []),
  ].join('\n');
}
