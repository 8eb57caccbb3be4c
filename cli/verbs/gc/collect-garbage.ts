/** `ratchet gc`: what of the store nothing needs any more, by kind, and what keeps the rest. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { type Amount, type Collection, collect } from '#activities/collect/collect.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { createLiveWorkflows } from '#adapters/temporal/live-workflows.ts';
import { UserError } from '#contracts/failures.ts';
import pc from '../../kit/color.ts';
import { createOutput, type Output, table } from '../../kit/output.ts';
import { createProgress } from '../../kit/progress.ts';
import { withSession } from '../../kit/session.ts';

export interface GarbageOptions {
  delete?: boolean;
  dryRun?: boolean;
  /** Milliseconds. */
  grace: number;
  keepRuns: number;
  keepCache: number;
  unmarked?: boolean;
  gone?: string[];
  json?: boolean;
}

export async function collectGarbage(options: GarbageOptions): Promise<void> {
  const { delete: remove = false, dryRun, grace, keepRuns, keepCache, unmarked = false, gone = [] } = options;
  if (remove && dryRun)
    throw new UserError('InvalidInput', '--delete and --dry-run ask for opposite things: give one of them.');
  if (Math.min(keepRuns, keepCache) < grace)
    throw new UserError(
      'InvalidInput',
      `--keep-runs and --keep-cache must be at least --grace (${grace / 86_400_000}d): what is younger than that is never collected.`,
    );
  const out = createOutput(options.json ?? false);
  const stop = new AbortController();
  const interrupted = () =>
    stop.abort(new UserError('RunFailed', 'Interrupted. What was done stays done; the next `ratchet gc` goes on.'));
  process.once('SIGINT', interrupted);
  try {
    await withSession(async ({ root, settings, tracking, temporal }) => {
      const store = createObjectStore(settings.store);
      const { client } = await temporal();
      const progress = createProgress(out, 'objects');
      try {
        const collection = await collect(
          {
            ...{ store, uploads: store, live: createLiveWorkflows(client), registry: tracking },
            projectTexts: () => projectTexts(root),
          },
          {
            ...{
              remove,
              unmarked,
              gone,
              graceMs: grace,
              keepRunsMs: keepRuns,
              keepCacheMs: keepCache,
              signal: stop.signal,
            },
            progress: (_what, done, of) => {
              if (done !== undefined && of !== undefined) progress.tell(done, of);
            },
          },
        );
        progress.end();
        print(out, collection, grace);
      } finally {
        progress.end();
        await store.close();
      }
    });
  } finally {
    process.off('SIGINT', interrupted);
  }
}

/** A pipeline may name an object as its source before it has ever run; DVC names what it pushed. */
async function* projectTexts(root: string): AsyncGenerator<string> {
  const files = await glob(['pipelines/**/*.{ts,py,json,yaml,yml}', '**/*.dvc', '**/dvc.lock'], {
    cwd: root,
    ignore: ['**/node_modules/**', '.ratchet/**', '.git/**'],
    dot: true,
  });
  for (const file of files) yield await readFile(join(root, file), 'utf8');
}

const names: Record<string, string> = {
  dataset: 'datasets and files',
  code: 'code of runs',
  input: 'large inputs of steps',
  evidence: 'evidence and reports',
  drift: 'drift results',
  profile: 'drift profiles',
  watched: 'lists of watched files',
  cache: 'results of steps',
  served: 'vectors that were served',
  damaged: 'damaged, set aside',
  made: 'notes about files',
  trash: 'in the trash',
  ledger: 'records, decisions, policies',
  foreign: 'not of Ratchet',
};

function print(out: Output, collection: Collection, grace: number): void {
  out.object(collection);
  const { kinds, does, kept, removed, unfinished } = collection;
  const row = (name: string, all: Amount, goes: Amount) => [
    ...[name, count(all.objects), size(all.bytes)],
    ...(goes.objects === 0 ? ['', ''] : [count(goes.objects), size(goes.bytes)]),
  ];
  const rows = Object.keys(names).flatMap((kind) => {
    const found = kinds[kind];
    return found ? [row(names[kind] ?? kind, found, found.goes)] : [];
  });
  out.print(table(['what', 'objects', 'size', removed ? 'collected' : 'would go', 'size'], rows, [1, 2, 3, 4]));
  out.print('');
  const reasons = Object.entries(kept).sort(([, a], [, b]) => b.bytes - a.bytes);
  out.print(
    table(
      ['kept because of', 'objects', 'size'],
      reasons.map(([why, all]) => [why, count(all.objects), size(all.bytes)]),
      [1, 2],
    ),
  );
  out.print('');
  const verb = (done: string, would: string) => (removed ? done : would);
  if (does.trash.objects > 0)
    out.print(
      `${verb('Moved', 'Would move')} ${said(does.trash)} to the trash: deleted by a collection ${grace / 86_400_000} days or more from now, if nobody asks for them until then.`,
    );
  if (does.delete.objects > 0) out.print(`${verb('Deleted', 'Would delete')} ${said(does.delete)}.`);
  if (does.restore.objects > 0)
    out.print(
      `${verb('Took back', 'Would take back')} ${said(does.restore)} from the trash: something refers to them again.`,
    );
  if (unfinished) out.print(`${verb('Gave up', 'Would give up')} ${count(unfinished)} unfinished uploads.`);
  if (does.trash.objects + does.delete.objects + does.restore.objects === 0) out.print('Nothing is to be collected.');
  else if (!removed) out.print(pc.dim('Nothing was touched: ratchet gc --delete collects.'));
}

const count = (objects: number) => objects.toLocaleString('en');
const said = ({ objects, bytes }: Amount) => `${count(objects)} object${objects === 1 ? '' : 's'} (${size(bytes)})`;

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const power = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1_000 ** power).toFixed(1)} ${['', 'kB', 'MB', 'GB', 'TB'][power]}`;
}
