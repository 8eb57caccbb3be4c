import type { Command } from 'commander';
import { readDuration } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { DiffOptions } from './diff-data.ts';
import type { GcDataOptions } from './gc-data.ts';
import type { MoveOptions } from './move-data.ts';

const PATHS = 'paths of data, their .dvc files, or stages of dvc.yaml; default all of the repository';

export const data: Verb = (program) => {
  const own = program
    .command('data')
    .summary('data versions, as DVC 3 keeps them: add, status, push, pull, checkout')
    .description(
      "Reads and writes DVC 3's own files: .dvc, .dvcignore, .dvc/config, its cache and remotes (S3 and folders). What is added here DVC pulls, and the other way round. Git is left to you: pointers and .gitignore are written, and nothing is committed.\n\n" +
        'Example:\n  ratchet data init\n  ratchet data add data/flights\n  git add data/flights.dvc data/.gitignore\n  ratchet data push',
    );
  own
    .command('init')
    .summary('make this folder a DVC repository')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { initData } = await import('./init-data.ts');
      await initData(options);
    });
  own
    .command('add')
    .summary('keep files or folders in the cache, with a .dvc file beside each')
    .argument('<path...>', 'files and folders below the repository')
    .option('--json', 'print one JSON object')
    .action(async (paths: string[], options: { json?: boolean }) => {
      const { addData } = await import('./add-data.ts');
      await addData(paths, options);
    });
  own
    .command('status')
    .summary('what differs from what is tracked')
    .argument('[path...]', PATHS)
    .option('-q, --quiet', 'print nothing; exit code 1 if anything differs')
    .option('--json', 'print what `dvc status --json` prints; {} when nothing differs')
    .action(async (paths: string[], options: { json?: boolean; quiet?: boolean }) => {
      const { dataStatus } = await import('./data-status.ts');
      await dataStatus(paths, options);
    });
  own
    .command('diff')
    .summary('what data changed between two revisions of Git, or since one')
    .argument('[from]', 'a branch, a tag or a commit', 'HEAD')
    .argument('[to]', 'another one; default the workspace, as it lies there')
    .option('--show-hash', 'with the digests')
    .option('--json', 'print one JSON object, as `dvc diff --json`; {} when nothing differs')
    .action(async (from: string, to: string | undefined, options: DiffOptions) => {
      const { dataDiff } = await import('./diff-data.ts');
      await dataDiff(from, to, options);
    });
  own
    .command('list')
    .summary('what is tracked, file by file')
    .argument('[path...]', PATHS)
    .option('--json', 'print one JSON array, as `dvc ls . --dvc-only -R --json`')
    .action(async (paths: string[], options: { json?: boolean }) => {
      const { listData } = await import('./list-data.ts');
      await listData(paths, options);
    });
  own
    .command('remove')
    .summary('track it no more; the data stays where it is')
    .argument('<path...>', 'data, or their .dvc files')
    .option('--outs', 'the data goes as well')
    .option('--json', 'print one JSON object')
    .action(async (paths: string[], options: { outs?: boolean; json?: boolean }) => {
      const { removeData } = await import('./rename-data.ts');
      await removeData(paths, options);
    });
  own
    .command('move')
    .summary('give data that is tracked another name, or another folder')
    .argument('<from>', 'data, or its .dvc file')
    .argument('<to>', 'a name that is free, or a folder')
    .option('--json', 'print one JSON object')
    .action(async (from: string, to: string, options: { json?: boolean }) => {
      const { moveTracked } = await import('./rename-data.ts');
      await moveTracked(from, to, options);
    });
  own
    .command('verify')
    .summary('hold what the cache has against its digests; exit code 3 when something is damaged')
    .argument('[path...]', PATHS)
    .option('--json', 'print one JSON object')
    .action(async (paths: string[], options: { json?: boolean }) => {
      const { verifyData } = await import('./verify-data.ts');
      await verifyData(paths, options);
    });
  own
    .command('gc')
    .summary('remove from the cache what no wanted state of the repository tracks')
    .option('-w, --workspace', "the workspace's data stays, and no other")
    .option('-a, --all-branches', 'that of all branches stays as well')
    .option('-T, --all-tags', 'that of all tags stays as well')
    .option('-A, --all-commits', 'that of all commits stays as well')
    .option('--grace <duration>', 'what came into the cache later than that stays; default 1h', readDuration('0s'))
    .option('--skip-unknown', 'also where a state has a folder whose files are not known here, so that they may go')
    .option('--dry', 'say what would go, and remove nothing')
    .option('--json', 'print one JSON object')
    .action(async (options: GcDataOptions) => {
      const { gcData } = await import('./gc-data.ts');
      await gcData(options);
    });
  moving(own, 'push', 'copy what is tracked from the cache to a remote', async (paths, options) => {
    const { pushData } = await import('./move-data.ts');
    await pushData(paths, options);
  });
  moving(own, 'fetch', 'bring what is tracked from a remote into the cache', async (paths, options) => {
    const { pullData } = await import('./move-data.ts');
    await pullData(paths, options, false);
  });
  moving(own, 'pull', 'fetch, and check out', async (paths, options) => {
    const { pullData } = await import('./move-data.ts');
    await pullData(paths, options, true);
  }).option('-f, --force', 'also where changes that are in no cache are lost');
  own
    .command('checkout')
    .summary('make the workspace what is tracked, from the cache')
    .argument('[path...]', PATHS)
    .option('-f, --force', 'also where changes that are in no cache are lost')
    .option('--json', 'print one JSON object')
    .action(async (paths: string[], options: MoveOptions) => {
      const { checkoutData } = await import('./move-data.ts');
      await checkoutData(paths, options);
    });
};

function moving(
  own: Command,
  name: string,
  summary: string,
  work: (paths: string[], options: MoveOptions) => Promise<void>,
): Command {
  return own
    .command(name)
    .summary(summary)
    .argument('[path...]', PATHS)
    .option('-r, --remote <name>', 'a remote of .dvc/config; default core.remote')
    .option('--run-cache', 'the run cache of ratchet repro as well, with what it knows of')
    .option('--json', 'print one JSON object')
    .action(work);
}
